using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Quehacer.Client;

/// <summary>
/// A client of one server, for one user at a time and any number of calls at once. Every write carries an idempotency key, its own unless it is given
/// one, and what was not answered is sent again under the same key: it is done once, however often it was sent. An expired access token is renewed.
/// </summary>
/// <remarks>
/// A method throws <see cref="ProblemException"/> for a refusal, <see cref="PreconditionFailedException"/> where somebody else was first,
/// <see cref="HttpRequestException"/>, <see cref="IOException"/> or <see cref="TimeoutException"/> where no attempt was answered, and
/// <see cref="OperationCanceledException"/> when its token is cancelled, which leaves open whether the write was done. An <c>id</c> is a TypeID or its
/// bare UUID, for a task also its number. <c>ifMatch</c> is the <c>ETag</c> of what you have seen.
/// </remarks>
public sealed class QuehacerClient : IDisposable
{
    private readonly HttpClient http;
    private readonly bool isHttpOurs;
    private readonly Exchange exchange;
    private readonly Renewal renewal;
    private readonly string? workspaceId;

    /// <param name="address">Where the server is, such as <c>http://localhost:3000</c>.</param>
    /// <param name="options">How the client behaves.</param>
    public QuehacerClient(Uri address, QuehacerOptions? options = null)
        // A connection is given up now and then, so that a server that has moved is found again.
        : this(new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { BaseAddress = AsFolder(address), Timeout = Timeout.InfiniteTimeSpan }, options) =>
        isHttpOurs = true;

    /// <param name="http">Sends the requests to its <see cref="HttpClient.BaseAddress"/>, which ends in a slash; it stays yours to dispose.</param>
    /// <param name="options">How the client behaves.</param>
    public QuehacerClient(HttpClient http, QuehacerOptions? options = null)
    {
        if (http.BaseAddress?.AbsolutePath.EndsWith('/') != true)
        {
            throw new ArgumentException("Give the HttpClient a BaseAddress that ends in a slash: the address of the server.", nameof(http));
        }
        options ??= new QuehacerOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Attempts, 1);
        this.http = http;
        exchange = new Exchange(http, options);
        renewal = new Renewal(exchange, options);
    }

    private QuehacerClient(QuehacerClient whole, string workspaceId)
    {
        (http, exchange, renewal) = (whole.http, whole.exchange, whole.renewal);
        this.workspaceId = workspaceId;
        IsView = true;
    }

    /// <summary>One that another has made, whose connections and session it shares: disposing of it does nothing.</summary>
    private bool IsView { get; }

    /// <summary>The same client, whose tasks, notes, categories and tags are those of a workspace; without it they are those of one's own.</summary>
    /// <param name="workspaceId">A TypeID (<c>ws_</c>), or the bare UUID within it.</param>
    public QuehacerClient In(string workspaceId) => new(this, workspaceId);

    /// <summary>For whom the client acts. Set it to one that you have kept; logging in and refreshing set it as well.</summary>
    public Session? Session
    {
        get => renewal.Session;
        set => renewal.Session = value;
    }

    private static readonly string[] ThingsOfWorkspaces = ["tasks", "categories", "tags", "changes", "stream"];

    /// <summary>Registers an account with a workspace of its own. Does not log in.</summary>
    public Task<User> RegisterAsync(string email, string name, string password, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        AnonymousAsync(
            "auth/register", Body(new Registration { Email = email, Name = name, Password = password }, QuehacerJson.Default.Registration), QuehacerJson.Default.User, idempotencyKey,
            cancellationToken);

    /// <summary>Opens a session, for which the client acts from now on.</summary>
    /// <exception cref="SecondFactorRequiredException">The account has a second factor: <see cref="FinishLoginAsync"/> takes a code of it.</exception>
    public Task<Tokens> LogInAsync(string email, string password, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        LogInAsync("auth/login", Body(new Login { Email = email, Password = password }, QuehacerJson.Default.Login), idempotencyKey, cancellationToken);

    /// <summary>Shows the code that a login waits for, and opens the session, for which the client acts from now on.</summary>
    /// <param name="mfaToken">Of the <see cref="SecondFactorRequiredException"/>, or of <see cref="BeginCodeLoginAsync"/>.</param>
    /// <param name="code">Of an authenticator or a letter, or a recovery code.</param>
    /// <param name="idempotencyKey">One of your own, to send the request again later.</param>
    /// <param name="cancellationToken">Ends the call, its repeats and the waits between them.</param>
    /// <exception cref="SecondFactorRequiredException">After a code by mail in place of a password: the account's second factor is wanted as well.</exception>
    public Task<Tokens> FinishLoginAsync(string mfaToken, string code, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        LogInAsync("auth/login/otp", Body(new LoginCode { MfaToken = mfaToken, Code = code }, QuehacerJson.Default.LoginCode), idempotencyKey, cancellationToken);

    /// <summary>Mails the code of a login that waits, once more or where <c>email</c> is one method of several.</summary>
    public async Task SendLoginCodeAsync(string mfaToken, string? idempotencyKey = null, CancellationToken cancellationToken = default)
    {
        var body = Body(new LoginCodeLetter { MfaToken = mfaToken }, QuehacerJson.Default.LoginCodeLetter);
        var answered = await exchange.UntilAnsweredAsync(Write(HttpMethod.Post, "auth/login/otp/send", body, null, idempotencyKey), accessToken: null, cancellationToken).ConfigureAwait(false);
        if (!answered.IsSuccess)
        {
            throw answered.ToException();
        }
    }

    /// <summary>Mails a code that logs in without a password, on servers that offer it. The answer is the same for an e-mail that nobody has.</summary>
    public Task<CodeSent> BeginCodeLoginAsync(string email, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        AnonymousAsync("auth/login/code", Body(new CodeLogin { Email = email }, QuehacerJson.Default.CodeLogin), QuehacerJson.Default.CodeSent, idempotencyKey, cancellationToken);

    /// <summary>What a login to the account wants beside the password.</summary>
    public async Task<Factors> GetFactorsAsync(CancellationToken cancellationToken = default) =>
        (await ReadAsync("me/factors", cancellationToken).ConfigureAwait(false)).Read(QuehacerJson.Default.Factors);

    /// <summary>Makes a secret for an authenticator, which is a factor once <see cref="ConfirmTotpAsync"/> has taken a code of it.</summary>
    public Task<TotpSetup> BeginTotpAsync(string currentPassword, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteFactorAsync("totp", Body(new CurrentPassword { Password = currentPassword }, QuehacerJson.Default.CurrentPassword), QuehacerJson.Default.TotpSetup, idempotencyKey, cancellationToken);

    /// <summary>Makes the authenticator a factor. The first factor comes with recovery codes.</summary>
    public Task<RecoveryCodes> ConfirmTotpAsync(string code, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteFactorAsync("totp/confirm", Body(new TotpCode { Code = code }, QuehacerJson.Default.TotpCode), QuehacerJson.Default.RecoveryCodes, idempotencyKey, cancellationToken);

    /// <summary>Takes the authenticator away.</summary>
    /// <param name="currentPassword">Of the account.</param>
    /// <param name="code">Of any factor.</param>
    /// <param name="mfaToken">Of the login that waits, where the code came by mail for it.</param>
    /// <param name="idempotencyKey">One of your own, to send the request again later.</param>
    /// <param name="cancellationToken">Ends the call, its repeats and the waits between them.</param>
    public Task RemoveTotpAsync(string currentPassword, string code, string? mfaToken = null, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        RemoveFactorAsync("totp", currentPassword, code, mfaToken, idempotencyKey, cancellationToken);

    /// <summary>Mails a code, with which <see cref="ConfirmEmailFactorAsync"/> makes codes by mail a factor.</summary>
    public Task<CodeSent> BeginEmailFactorAsync(string currentPassword, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteFactorAsync("email", Body(new CurrentPassword { Password = currentPassword }, QuehacerJson.Default.CurrentPassword), QuehacerJson.Default.CodeSent, idempotencyKey, cancellationToken);

    /// <summary>Makes codes by mail a factor. The first factor comes with recovery codes.</summary>
    public Task<RecoveryCodes> ConfirmEmailFactorAsync(string mfaToken, string code, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteFactorAsync(
            "email/confirm", Body(new LoginCode { MfaToken = mfaToken, Code = code }, QuehacerJson.Default.LoginCode), QuehacerJson.Default.RecoveryCodes, idempotencyKey, cancellationToken);

    /// <summary>Has codes by mail be no factor any more.</summary>
    /// <param name="currentPassword">Of the account.</param>
    /// <param name="code">Of any factor.</param>
    /// <param name="mfaToken">Of the login that waits, where the code came by mail for it.</param>
    /// <param name="idempotencyKey">One of your own, to send the request again later.</param>
    /// <param name="cancellationToken">Ends the call, its repeats and the waits between them.</param>
    public Task RemoveEmailFactorAsync(string currentPassword, string code, string? mfaToken = null, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        RemoveFactorAsync("email", currentPassword, code, mfaToken, idempotencyKey, cancellationToken);

    /// <summary>Ten new recovery codes; those before are worth nothing from then on.</summary>
    public Task<RecoveryCodes> MakeRecoveryCodesAsync(
        string currentPassword, string code, string? mfaToken = null, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteFactorAsync(
            "recovery-codes", Body(new FactorProof { CurrentPassword = currentPassword, Code = code, MfaToken = mfaToken }, QuehacerJson.Default.FactorProof), QuehacerJson.Default.RecoveryCodes,
            idempotencyKey, cancellationToken);

    /// <summary>Goes on with a session of which you have kept the newest refresh token. The client does this by itself when an access token is refused.</summary>
    public Task<Tokens> RefreshAsync(string refreshToken, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        renewal.RefreshAsync(refreshToken, idempotencyKey, cancellationToken);

    /// <summary>Ends the session, with all of its tokens, at once.</summary>
    public async Task LogOutAsync(string? idempotencyKey = null, CancellationToken cancellationToken = default)
    {
        await WriteAsync(HttpMethod.Post, "auth/logout", null, null, idempotencyKey, cancellationToken).ConfigureAwait(false);
        renewal.Begin(null);
    }

    /// <summary>The account for which the client acts.</summary>
    public async Task<User> GetAccountAsync(CancellationToken cancellationToken = default)
    {
        var answered = await ReadAsync("me", cancellationToken).ConfigureAwait(false);
        return answered.Read(QuehacerJson.Default.User) with { ETag = answered.ETag };
    }

    /// <summary>Changes the account.</summary>
    public async Task<User> ChangeAccountAsync(AccountChange change, string? ifMatch = null, string? idempotencyKey = null, CancellationToken cancellationToken = default)
    {
        var answered = await WriteAsync(HttpMethod.Patch, "me", Body(change, QuehacerJson.Default.AccountChange), ifMatch, idempotencyKey, cancellationToken).ConfigureAwait(false);
        return answered.Read(QuehacerJson.Default.User) with { ETag = answered.ETag };
    }

    /// <summary>Your API keys, the newest first, without what they are.</summary>
    public async Task<ApiKeyList> ListKeysAsync(CancellationToken cancellationToken = default) =>
        (await ReadAsync("me/keys", cancellationToken).ConfigureAwait(false)).Read(QuehacerJson.Default.ApiKeyList);

    /// <summary>Makes a key for a program of yours; what it is is told only here.</summary>
    public async Task<ApiKey> CreateKeyAsync(NewApiKey key, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        (await WriteAsync(HttpMethod.Post, "me/keys", Body(key, QuehacerJson.Default.NewApiKey), null, idempotencyKey, cancellationToken).ConfigureAwait(false)).Read(QuehacerJson.Default.ApiKey);

    /// <summary>A key by its id, without what it is.</summary>
    public async Task<ApiKey> GetKeyAsync(string id, CancellationToken cancellationToken = default) =>
        (await ReadAsync($"me/keys/{Escaped(id)}", cancellationToken).ConfigureAwait(false)).Read(QuehacerJson.Default.ApiKey);

    /// <summary>Makes a key worthless from the next request on.</summary>
    public Task RevokeKeyAsync(string id, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteAsync(HttpMethod.Delete, $"me/keys/{Escaped(id)}", null, null, idempotencyKey, cancellationToken);

    /// <summary>The service accounts of a workspace that you are in, the oldest first.</summary>
    public async Task<ServiceAccountList> ListServiceAccountsAsync(string id, CancellationToken cancellationToken = default) =>
        (await ReadAsync(ServiceAccountsOf(id), cancellationToken).ConfigureAwait(false)).Read(QuehacerJson.Default.ServiceAccountList);

    /// <summary>Makes an account for a program, which belongs to the workspace. Its owner may.</summary>
    public Task<ServiceAccount> CreateServiceAccountAsync(string id, NewServiceAccount account, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteServiceAccountAsync(HttpMethod.Post, ServiceAccountsOf(id), Body(account, QuehacerJson.Default.NewServiceAccount), null, idempotencyKey, cancellationToken);

    /// <summary>A service account of a workspace that you are in.</summary>
    public async Task<ServiceAccount> GetServiceAccountAsync(string id, string userId, CancellationToken cancellationToken = default) =>
        ServiceAccountOf(await ReadAsync($"{ServiceAccountsOf(id)}/{Escaped(userId)}", cancellationToken).ConfigureAwait(false));

    /// <summary>Changes its name, its role or both. The owner of the workspace may.</summary>
    public Task<ServiceAccount> ChangeServiceAccountAsync(
        string id, string userId, ServiceAccountChange change, string? ifMatch = null, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteServiceAccountAsync(
            HttpMethod.Patch, $"{ServiceAccountsOf(id)}/{Escaped(userId)}", Body(change, QuehacerJson.Default.ServiceAccountChange), ifMatch, idempotencyKey, cancellationToken);

    /// <summary>Takes a service account out of its workspace and makes its keys worthless from the next request on.</summary>
    public Task RemoveServiceAccountAsync(string id, string userId, string? ifMatch = null, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteAsync(HttpMethod.Delete, $"{ServiceAccountsOf(id)}/{Escaped(userId)}", null, ifMatch, idempotencyKey, cancellationToken);

    /// <summary>The API keys of a service account, the newest first, without what they are.</summary>
    public async Task<ApiKeyList> ListServiceKeysAsync(string id, string userId, CancellationToken cancellationToken = default) =>
        (await ReadAsync($"{ServiceAccountsOf(id)}/{Escaped(userId)}/keys", cancellationToken).ConfigureAwait(false)).Read(QuehacerJson.Default.ApiKeyList);

    /// <summary>Makes a key of a service account, good for its workspace alone; what it is is told only here.</summary>
    public async Task<ApiKey> CreateServiceKeyAsync(string id, string userId, NewServiceKey key, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        (await WriteAsync(HttpMethod.Post, $"{ServiceAccountsOf(id)}/{Escaped(userId)}/keys", Body(key, QuehacerJson.Default.NewServiceKey), null, idempotencyKey, cancellationToken).ConfigureAwait(false))
            .Read(QuehacerJson.Default.ApiKey);

    /// <summary>A key of a service account by its id, without what it is.</summary>
    public async Task<ApiKey> GetServiceKeyAsync(string id, string userId, string keyId, CancellationToken cancellationToken = default) =>
        (await ReadAsync($"{ServiceAccountsOf(id)}/{Escaped(userId)}/keys/{Escaped(keyId)}", cancellationToken).ConfigureAwait(false)).Read(QuehacerJson.Default.ApiKey);

    /// <summary>Makes a key of a service account worthless from the next request on.</summary>
    public Task RevokeServiceKeyAsync(string id, string userId, string keyId, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteAsync(HttpMethod.Delete, $"{ServiceAccountsOf(id)}/{Escaped(userId)}/keys/{Escaped(keyId)}", null, null, idempotencyKey, cancellationToken);

    /// <summary>Has a letter sent with which a new password is set, if an account has the e-mail; whether one has it is told to nobody.</summary>
    public Task RequestPasswordResetAsync(string email, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        AnonymousAsync("auth/password-reset", Body(new EmailAddress { Email = email }, QuehacerJson.Default.EmailAddress), idempotencyKey, cancellationToken);

    /// <summary>Sets a new password with the token of a letter, which is good once. All sessions of the account end.</summary>
    public Task ResetPasswordAsync(string token, string password, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        AnonymousAsync(
            "auth/password-reset/confirm", Body(new PasswordReset { Token = token, Password = password }, QuehacerJson.Default.PasswordReset), idempotencyKey, cancellationToken);

    /// <summary>Gives the account the e-mail that the token was sent to.</summary>
    public Task ConfirmEmailChangeAsync(string token, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        AnonymousAsync("auth/email-change/confirm", Body(new OneTimeToken { Token = token }, QuehacerJson.Default.OneTimeToken), idempotencyKey, cancellationToken);

    /// <summary>Shows, with the token of a letter, that the e-mail of the account is its owner's.</summary>
    public Task VerifyEmailAsync(string token, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        AnonymousAsync("auth/verify-email", Body(new OneTimeToken { Token = token }, QuehacerJson.Default.OneTimeToken), idempotencyKey, cancellationToken);

    /// <summary>Has another letter sent to verify an e-mail, if an account has it that is not verified yet; whether one has is told to nobody.</summary>
    public Task ResendVerificationAsync(string email, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        AnonymousAsync("auth/verify-email/resend", Body(new EmailAddress { Email = email }, QuehacerJson.Default.EmailAddress), idempotencyKey, cancellationToken);

    /// <summary>Sets another password, for whoever knows the present one, and ends all sessions but this one.</summary>
    public Task ChangePasswordAsync(string currentPassword, string password, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteAsync(
            HttpMethod.Post, "me/password", Body(new PasswordChange { CurrentPassword = currentPassword, Password = password }, QuehacerJson.Default.PasswordChange), null, idempotencyKey,
            cancellationToken);

    /// <summary>Asks for another e-mail, which the account has when the token of the letter to it has come back.</summary>
    public Task RequestEmailChangeAsync(string currentPassword, string email, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteAsync(
            HttpMethod.Post, "me/email", Body(new EmailChange { CurrentPassword = currentPassword, Email = email }, QuehacerJson.Default.EmailChange), null, idempotencyKey, cancellationToken);

    /// <summary>
    /// Writes a ZIP with everything of your own: the account, and what is in every workspace that you own. It is not asked for again when the connection breaks off:
    /// what has been written then is no ZIP.
    /// </summary>
    /// <param name="destination">Where to; it stays yours to dispose.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task ExportAccountAsync(Stream destination, CancellationToken cancellationToken = default) =>
        AskAsync(new Asked(HttpMethod.Get, "api/v1/me/export") { Into = destination }, cancellationToken);

    /// <summary>
    /// Has the account deleted when the time of grace is over. Its sessions and API keys end at once, that of this client included, and until
    /// then whoever knows the password can have it stay.
    /// </summary>
    /// <param name="currentPassword">Of the account.</param>
    /// <param name="code">Of any factor, where the account has one.</param>
    /// <param name="mfaToken">Of the login that waits, where the code came by mail for it.</param>
    /// <param name="ifMatch">The account is still so.</param>
    /// <param name="idempotencyKey">One of your own, to send the request again later.</param>
    /// <param name="cancellationToken">Ends the call, its repeats and the waits between them.</param>
    public async Task<AccountDeletion> DeleteAccountAsync(
        string currentPassword, string? code = null, string? mfaToken = null, string? ifMatch = null, string? idempotencyKey = null, CancellationToken cancellationToken = default)
    {
        var body = Body(new AccountDeletionRequest { CurrentPassword = currentPassword, Code = code, MfaToken = mfaToken }, QuehacerJson.Default.AccountDeletionRequest);
        var answered = await WriteAsync(HttpMethod.Delete, "me", body, ifMatch, idempotencyKey, cancellationToken).ConfigureAwait(false);
        renewal.Begin(null);
        return answered.Read(QuehacerJson.Default.AccountDeletion);
    }

    /// <summary>
    /// Has an account stay that is to be deleted: with the token of the letter that told of it and nothing else, or with e-mail and password, and a code where the
    /// account has a second factor. Log in again afterwards.
    /// </summary>
    /// <param name="token">Of the letter.</param>
    /// <param name="email">Of the account.</param>
    /// <param name="password">Of the account.</param>
    /// <param name="code">Of any factor.</param>
    /// <param name="mfaToken">Of the login that waits, where the code came by mail for it.</param>
    /// <param name="idempotencyKey">One of your own, to send the request again later.</param>
    /// <param name="cancellationToken">Ends the call, its repeats and the waits between them.</param>
    public Task RestoreAccountAsync(
        string? token = null, string? email = null, string? password = null, string? code = null, string? mfaToken = null, string? idempotencyKey = null,
        CancellationToken cancellationToken = default) =>
        AnonymousAsync(
            "auth/restore-account",
            Body(new AccountRestoration { Token = token, Email = email, Password = password, Code = code, MfaToken = mfaToken }, QuehacerJson.Default.AccountRestoration), idempotencyKey,
            cancellationToken);

    /// <summary>Where the account is signed in.</summary>
    public async Task<SessionList> ListSessionsAsync(CancellationToken cancellationToken = default) =>
        (await ReadAsync("me/sessions", cancellationToken).ConfigureAwait(false)).Read(QuehacerJson.Default.SessionList);

    /// <summary>Ends all sessions of the account with all of their tokens, at once, or all but the one for which the client acts.</summary>
    public async Task EndSessionsAsync(bool keepCurrent = false, string? idempotencyKey = null, CancellationToken cancellationToken = default)
    {
        await WriteAsync(HttpMethod.Delete, "me/sessions" + new Query().Add("keep_current", keepCurrent), null, null, idempotencyKey, cancellationToken).ConfigureAwait(false);
        if (!keepCurrent)
        {
            renewal.Begin(null);
        }
    }

    /// <summary>Ends one session of the account with all of its tokens, at once.</summary>
    public Task EndSessionAsync(string id, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteAsync(HttpMethod.Delete, "me/sessions/" + Escaped(id), null, null, idempotencyKey, cancellationToken);

    /// <summary>One page of a list of tasks, by number or by cursor: the <c>NextCursor</c> or <c>PreviousCursor</c> of a page of the same query.</summary>
    public async Task<TaskList> ListTasksAsync(TaskQuery? query = null, int? page = null, string? cursor = null, CancellationToken cancellationToken = default) =>
        (await ReadAsync("tasks" + (query ?? new TaskQuery()).ToQuery(page, cursor), cancellationToken).ConfigureAwait(false)).Read(QuehacerJson.Default.TaskList);

    /// <summary>
    /// Every task of a list, a page at a time and only as far as it is read. A cursor is a place: nothing comes twice, whatever others do meanwhile.
    /// </summary>
    public async IAsyncEnumerable<TaskItem> EnumerateTasksAsync(TaskQuery? query = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        string? cursor = null;
        do
        {
            var page = await ListTasksAsync(query, cursor: cursor, cancellationToken: cancellationToken).ConfigureAwait(false);
            foreach (var task in page.Tasks)
            {
                yield return task;
            }
            cursor = page.Pagination.NextCursor;
        }
        while (cursor is not null);
    }

    /// <summary>Makes a task. Tags that are new are made with it.</summary>
    public Task<TaskItem> CreateTaskAsync(NewTask task, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteTaskAsync(HttpMethod.Post, "tasks", Body(task, QuehacerJson.Default.NewTask), null, idempotencyKey, cancellationToken);

    /// <summary>
    /// Does up to 100 operations in their order, each on what those before it have left, as one request. The idempotency key covers the whole.
    /// </summary>
    /// <param name="operations">What is to be done.</param>
    /// <param name="atomic">
    /// All or none is done, and the first refusal is a <see cref="ProblemException"/> whose <see cref="Problem.Operation"/> says which it was. Otherwise each is done
    /// or refused on its own, and <see cref="BatchResult.Problem"/> says why.
    /// </param>
    /// <param name="idempotencyKey">One of your own, to send the batch again later.</param>
    /// <param name="cancellationToken">Ends the call, its repeats and the waits between them.</param>
    public async Task<BatchResults> WriteBatchAsync(
        IReadOnlyList<BatchOperation> operations, bool atomic = true, string? idempotencyKey = null, CancellationToken cancellationToken = default)
    {
        var body = Body(new Batch { Atomic = atomic, Operations = operations }, QuehacerJson.Default.Batch);
        var answered = await WriteAsync(HttpMethod.Post, "tasks/batch", body, null, idempotencyKey, cancellationToken).ConfigureAwait(false);
        var batch = answered.Read(QuehacerJson.Default.BatchResults);
        return batch with { Results = [.. batch.Results.Select(result => result with { Task = result.Task is { } task ? task with { ETag = result.ETag } : null })] };
    }

    /// <summary>Makes one change to every task that passes the filter, so many of them in one call; a task that the change does not fit is skipped and told.</summary>
    /// <param name="filter">Which tasks; something has to be set.</param>
    /// <param name="change">What is to be changed of each.</param>
    /// <param name="limit">How many tasks are met at most: 1 to 1000; 100 unless told.</param>
    /// <param name="cursor">The <see cref="BulkResult.NextCursor"/> of the call before, with the same filter and the same change.</param>
    /// <param name="dryRun">Say what would be changed, and change nothing.</param>
    /// <param name="ifMatch">The <see cref="BulkResult.ETag"/> of an earlier call, such as a dry run: it is good while nothing else has happened to your tasks.</param>
    /// <param name="idempotencyKey">One of your own, to send the change again later.</param>
    /// <param name="cancellationToken">Ends the call, its repeats and the waits between them.</param>
    public Task<BulkResult> ChangeTasksAsync(
        TaskFilter filter, TasksChange change, int? limit = null, string? cursor = null, bool? dryRun = null, string? ifMatch = null, string? idempotencyKey = null,
        CancellationToken cancellationToken = default) =>
        WriteManyAsync(HttpMethod.Patch, filter, Body(change, QuehacerJson.Default.TasksChange), limit, cursor, dryRun, ifMatch, idempotencyKey, cancellationToken);

    /// <summary>Deletes every task that passes the filter, so many of them in one call; each can be restored until it is purged.</summary>
    /// <param name="filter">Which tasks; something has to be set.</param>
    /// <param name="limit">How many tasks are deleted at most: 1 to 1000; 100 unless told.</param>
    /// <param name="cursor">The <see cref="BulkResult.NextCursor"/> of the call before, with the same filter.</param>
    /// <param name="dryRun">Say what would be deleted, and delete nothing.</param>
    /// <param name="ifMatch">The <see cref="BulkResult.ETag"/> of an earlier call, such as a dry run: it is good while nothing else has happened to your tasks.</param>
    /// <param name="idempotencyKey">One of your own, to send the request again later.</param>
    /// <param name="cancellationToken">Ends the call, its repeats and the waits between them.</param>
    public Task<BulkResult> DeleteTasksAsync(
        TaskFilter filter, int? limit = null, string? cursor = null, bool? dryRun = null, string? ifMatch = null, string? idempotencyKey = null,
        CancellationToken cancellationToken = default) =>
        WriteManyAsync(HttpMethod.Delete, filter, null, limit, cursor, dryRun, ifMatch, idempotencyKey, cancellationToken);

    /// <summary>A task. A deleted one is refused with 404.</summary>
    /// <param name="id">Which task.</param>
    /// <param name="expand">What it shows beside its usual members.</param>
    /// <param name="cancellationToken">Ends the call, its repeats and the waits between them.</param>
    public async Task<TaskItem> GetTaskAsync(string id, IReadOnlyList<TaskExpansion>? expand = null, CancellationToken cancellationToken = default) =>
        TaskOf(await ReadAsync("tasks/" + Escaped(id) + new Query().Add("expand", expand), cancellationToken).ConfigureAwait(false));

    /// <summary>Changes what is set and nothing else.</summary>
    public Task<TaskItem> ChangeTaskAsync(string id, TaskChange change, string? ifMatch = null, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteTaskAsync(HttpMethod.Patch, "tasks/" + Escaped(id), Body(change, QuehacerJson.Default.TaskChange), ifMatch, idempotencyKey, cancellationToken);

    /// <summary>Deletes a task, which can be restored until it is purged. Its subtasks stay unless told.</summary>
    public Task DeleteTaskAsync(string id, string? ifMatch = null, SubtaskFate? subtasks = null, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteAsync(HttpMethod.Delete, "tasks/" + Escaped(id) + new Query().Add("subtasks", subtasks), null, ifMatch, idempotencyKey, cancellationToken);

    /// <summary>Adds one tag and leaves the others. One that is there already stays where it is.</summary>
    public Task<TaskItem> AddTagAsync(
        string id, string name, string? ifMatch = null, int? version = null, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteTaskAsync(HttpMethod.Put, $"tasks/{Escaped(id)}/tags/{Escaped(name)}", Condition(version), ifMatch, idempotencyKey, cancellationToken);

    /// <summary>Removes one tag and leaves the others. One that is not there is no error.</summary>
    public Task<TaskItem> RemoveTagAsync(string id, string name, string? ifMatch = null, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteTaskAsync(HttpMethod.Delete, $"tasks/{Escaped(id)}/tags/{Escaped(name)}", null, ifMatch, idempotencyKey, cancellationToken);

    /// <summary>Makes a task done. One that is done already stays as it is, and so do its subtasks unless told.</summary>
    public Task<TaskItem> CompleteTaskAsync(
        string id, string? ifMatch = null, int? version = null, SubtaskFate? subtasks = null, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteTaskAsync(
            HttpMethod.Post, $"tasks/{Escaped(id)}/complete",
            subtasks is null ? Condition(version) : Body(new TaskCompletion { Subtasks = subtasks, Version = version }, QuehacerJson.Default.TaskCompletion), ifMatch, idempotencyKey,
            cancellationToken);

    /// <summary>Moves a task in the order by hand: behind another, before another, or to an end. One of the three says where.</summary>
    public Task<TaskItem> MoveTaskAsync(
        string id, string? after = null, string? before = null, ListEnd? to = null, string? ifMatch = null, int? version = null, string? idempotencyKey = null,
        CancellationToken cancellationToken = default) =>
        WriteTaskAsync(
            HttpMethod.Post, $"tasks/{Escaped(id)}/move", Body(new TaskMove { After = after, Before = before, To = to, Version = version }, QuehacerJson.Default.TaskMove), ifMatch,
            idempotencyKey, cancellationToken);

    /// <summary>Moves a task into another workspace, with all that lies below it, its notes and its history. It is shown as it is there.</summary>
    /// <param name="id">Which task.</param>
    /// <param name="workspaceId">The workspace that it goes into, in which you may write as well.</param>
    /// <param name="ifMatch">The <see cref="TaskItem.ETag"/> that it must have.</param>
    /// <param name="version">The version that it must have.</param>
    /// <param name="subtasks">What becomes of its subtasks; they go along unless told.</param>
    /// <param name="idempotencyKey">A name for the call, under which it is done once however often it is sent; one is made unless told.</param>
    /// <param name="cancellationToken">Ends the call, its repeats and the waits between them.</param>
    public Task<TaskItem> TransferTaskAsync(
        string id, string workspaceId, string? ifMatch = null, int? version = null, TransferFate? subtasks = null, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteTaskAsync(
            HttpMethod.Post, $"tasks/{Escaped(id)}/transfer",
            Body(new TaskTransfer { WorkspaceId = workspaceId, Subtasks = subtasks, Version = version }, QuehacerJson.Default.TaskTransfer), ifMatch, idempotencyKey, cancellationToken);

    /// <summary>Makes a task pending. One that is pending already stays as it is.</summary>
    public Task<TaskItem> ReopenTaskAsync(string id, string? ifMatch = null, int? version = null, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteTaskAsync(HttpMethod.Post, $"tasks/{Escaped(id)}/reopen", Condition(version), ifMatch, idempotencyKey, cancellationToken);

    /// <summary>Takes back a deletion. A task that is not deleted stays as it is.</summary>
    public Task<TaskItem> RestoreTaskAsync(string id, string? ifMatch = null, int? version = null, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteTaskAsync(HttpMethod.Post, $"tasks/{Escaped(id)}/restore", Condition(version), ifMatch, idempotencyKey, cancellationToken);

    /// <summary>One page of what became of a task, the latest first.</summary>
    /// <param name="id">Which task.</param>
    /// <param name="cursor">Of the page before; the first page unless told.</param>
    /// <param name="limit">How many are on a page: 1 to 500; 100 unless told.</param>
    /// <param name="cancellationToken">Ends the call, its repeats and the waits between them.</param>
    public async Task<EventList> ListTaskHistoryAsync(string id, string? cursor = null, int? limit = null, CancellationToken cancellationToken = default) =>
        (await ReadAsync($"tasks/{Escaped(id)}/history" + new Query().Add("cursor", cursor).Add("limit", limit), cancellationToken).ConfigureAwait(false)).Read(QuehacerJson.Default.EventList);

    /// <summary>One page of what has happened in a workspace, the latest first.</summary>
    /// <param name="id">Of the workspace.</param>
    /// <param name="type">Events of these types; <c>task.*</c> stands for all of a noun. All unless told.</param>
    /// <param name="taskId">Those of one task and of its notes.</param>
    /// <param name="cursor">Of the page before; the first page unless told.</param>
    /// <param name="limit">How many are on a page: 1 to 500; 100 unless told.</param>
    /// <param name="cancellationToken">Ends the call, its repeats and the waits between them.</param>
    public async Task<EventList> ListActivityAsync(
        string id, IReadOnlyList<string>? type = null, string? taskId = null, string? cursor = null, int? limit = null, CancellationToken cancellationToken = default) =>
        (await ReadAsync(
            $"workspaces/{Escaped(id)}/activity" + new Query().Add("type", type).Add("task_id", taskId).Add("cursor", cursor).Add("limit", limit), cancellationToken).ConfigureAwait(false))
            .Read(QuehacerJson.Default.EventList);

    /// <summary>What has happened behind a place in the log, in order, and where to go on.</summary>
    /// <param name="since">A cursor of an answer or of an event; <c>now</c> for the end of the log; its beginning unless told.</param>
    /// <param name="type">Events of these types; <c>task.*</c> stands for all of a noun. All unless told.</param>
    /// <param name="taskId">Those of one task and of its notes.</param>
    /// <param name="limit">How many at most: 1 to 500; 100 unless told.</param>
    /// <param name="cancellationToken">Ends the call, its repeats and the waits between them.</param>
    public async Task<Changes> ListChangesAsync(
        string? since = null, IReadOnlyList<string>? type = null, string? taskId = null, int? limit = null, CancellationToken cancellationToken = default) =>
        (await ReadAsync("changes" + new Query().Add("since", since).Add("type", type).Add("task_id", taskId).Add("limit", limit), cancellationToken).ConfigureAwait(false))
            .Read(QuehacerJson.Default.Changes);

    /// <summary>Copies one line of Server-Sent Events as it comes, until it ends. <see cref="EnumerateEventsAsync"/> reads them, and comes back when a line is cut.</summary>
    /// <param name="destination">Where to; it stays yours to dispose.</param>
    /// <param name="since">A cursor to go on behind; from now on unless told.</param>
    /// <param name="type">Events of these types; <c>task.*</c> stands for all of a noun. All unless told.</param>
    /// <param name="taskId">Those of one task and of its notes.</param>
    /// <param name="ticket">In place of the client's own session.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task StreamEventsAsync(
        Stream destination, string? since = null, IReadOnlyList<string>? type = null, string? taskId = null, string? ticket = null, CancellationToken cancellationToken = default) =>
        AskAsync(new Asked(HttpMethod.Get, "api/v1/" + InWorkspace(AddressOfStream(since, type, taskId, ticket))) { Into = destination, IntoType = "text/event-stream" }, cancellationToken);

    /// <summary>
    /// Events as they happen, each once and in order, for as long as they are read. When the line is cut, or the access token is over, it is begun again
    /// where it was; what happened meanwhile comes first.
    /// </summary>
    /// <param name="since">A cursor to go on behind; from now on unless told.</param>
    /// <param name="type">Events of these types; <c>task.*</c> stands for all of a noun. All unless told.</param>
    /// <param name="taskId">Those of one task and of its notes.</param>
    /// <param name="cancellationToken">Ends the listening.</param>
    /// <exception cref="ProblemException">The server refuses: among others <see cref="ErrorCodes.CursorGone"/>, after which everything is to be read anew.</exception>
    public async IAsyncEnumerable<Event> EnumerateEventsAsync(
        string? since = null, IReadOnlyList<string>? type = null, string? taskId = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        // Until the first event has come there is a place to come back to as well.
        var reached = since ?? (await ListChangesAsync("now", cancellationToken: cancellationToken).ConfigureAwait(false)).Cursor;
        while (true)
        {
            var pages = await ListChangesAsync(reached, type, taskId, limit: 500, cancellationToken: cancellationToken).ConfigureAwait(false);
            foreach (var happened in pages.Events)
            {
                yield return happened;
            }
            reached = pages.Cursor;
            if (pages.HasMore)
            {
                continue;
            }
            using var message = new Asked(HttpMethod.Get, "api/v1/" + InWorkspace(AddressOfStream(reached, type, taskId, ticket: null))) { Into = Stream.Null, IntoType = "text/event-stream" }
                .ToMessage(renewal.Session?.AccessToken, language: null);
            await using var line = new EventLine(http, message);
            while (await line.NextAsync(cancellationToken).ConfigureAwait(false) is { } happened)
            {
                reached = happened.Cursor!;
                yield return happened;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(100, 1_000)), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Makes a ticket that opens one stream, for a browser. Good once and for half a minute.</summary>
    public async Task<StreamTicket> CreateStreamTicketAsync(string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        (await WriteAsync(HttpMethod.Post, "stream/ticket", null, null, idempotencyKey, cancellationToken).ConfigureAwait(false)).Read(QuehacerJson.Default.StreamTicket);

    private static string AddressOfStream(string? since, IReadOnlyList<string>? type, string? taskId, string? ticket) =>
        "stream" + new Query().Add("since", since).Add("type", type).Add("task_id", taskId).Add("ticket", ticket);

    /// <summary>Takes back what your last request that changed the task did to it, as long as nobody else has changed the same since. Undoing an undo does it again.</summary>
    public Task<TaskItem> UndoTaskAsync(string id, string? ifMatch = null, int? version = null, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteTaskAsync(HttpMethod.Post, $"tasks/{Escaped(id)}/undo", Condition(version), ifMatch, idempotencyKey, cancellationToken);

    /// <summary>One page of the notes of a task, the oldest first.</summary>
    /// <param name="id">Which task.</param>
    /// <param name="page">Which page; the first unless told.</param>
    /// <param name="limit">How many are on a page: 1 to 100; 20 unless told.</param>
    /// <param name="cancellationToken">Ends the call, its repeats and the waits between them.</param>
    public async Task<NoteList> ListNotesAsync(string id, int? page = null, int? limit = null, CancellationToken cancellationToken = default) =>
        (await ReadAsync($"tasks/{Escaped(id)}/notes" + new Query().Add("page", page).Add("limit", limit), cancellationToken).ConfigureAwait(false)).Read(QuehacerJson.Default.NoteList);

    /// <summary>Every note of a task, a page at a time and only as far as it is read.</summary>
    public async IAsyncEnumerable<Note> EnumerateNotesAsync(string id, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        NoteList list;
        var page = 0;
        do
        {
            list = await ListNotesAsync(id, ++page, limit: 100, cancellationToken: cancellationToken).ConfigureAwait(false);
            foreach (var note in list.Notes)
            {
                yield return note;
            }
        }
        while (list.Pagination.HasNext);
    }

    /// <summary>Adds a note to a task, which stays as it is.</summary>
    public Task<Note> CreateNoteAsync(string id, NewNote note, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteNoteAsync(HttpMethod.Post, $"tasks/{Escaped(id)}/notes", Body(note, QuehacerJson.Default.NewNote), null, idempotencyKey, cancellationToken);

    /// <summary>A note of a task.</summary>
    public async Task<Note> GetNoteAsync(string id, string noteId, CancellationToken cancellationToken = default) =>
        NoteOf(await ReadAsync($"tasks/{Escaped(id)}/notes/{Escaped(noteId)}", cancellationToken).ConfigureAwait(false));

    /// <summary>Changes the text of a note. Nobody but its author may.</summary>
    public Task<Note> ChangeNoteAsync(
        string id, string noteId, NoteChange change, string? ifMatch = null, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteNoteAsync(HttpMethod.Patch, $"tasks/{Escaped(id)}/notes/{Escaped(noteId)}", Body(change, QuehacerJson.Default.NoteChange), ifMatch, idempotencyKey, cancellationToken);

    /// <summary>Removes a note for good. Nobody but its author may.</summary>
    public Task DeleteNoteAsync(string id, string noteId, string? ifMatch = null, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteAsync(HttpMethod.Delete, $"tasks/{Escaped(id)}/notes/{Escaped(noteId)}", null, ifMatch, idempotencyKey, cancellationToken);

    /// <summary>One page of the categories, by name without regard to case and accents.</summary>
    /// <param name="counts">Whether each has a <see cref="Label.TaskCount"/>.</param>
    /// <param name="page">Which page; the first unless told.</param>
    /// <param name="limit">How many are on a page: 1 to 100; 100 unless told.</param>
    /// <param name="cancellationToken">Ends the call, its repeats and the waits between them.</param>
    public async Task<CategoryList> ListCategoriesAsync(bool? counts = null, int? page = null, int? limit = null, CancellationToken cancellationToken = default) =>
        (await ReadAsync("categories" + new Query().Add("page", page).Add("limit", limit).Add("counts", counts), cancellationToken).ConfigureAwait(false))
            .Read(QuehacerJson.Default.CategoryList);

    /// <summary>Every category, a page at a time and only as far as it is read.</summary>
    public async IAsyncEnumerable<Label> EnumerateCategoriesAsync(bool? counts = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        CategoryList list;
        var page = 0;
        do
        {
            list = await ListCategoriesAsync(counts, ++page, cancellationToken: cancellationToken).ConfigureAwait(false);
            foreach (var category in list.Categories)
            {
                yield return category;
            }
        }
        while (list.Pagination.HasNext);
    }

    /// <summary>Makes a category. A name that is taken is refused with 409; case does not count.</summary>
    public Task<Label> CreateCategoryAsync(NewLabel category, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteLabelAsync(HttpMethod.Post, "categories", Body(category, QuehacerJson.Default.NewLabel), null, idempotencyKey, cancellationToken);

    /// <summary>A category. With <paramref name="counts"/> it has a <see cref="Label.TaskCount"/> and no tag of its state.</summary>
    public async Task<Label> GetCategoryAsync(string id, bool? counts = null, CancellationToken cancellationToken = default) =>
        LabelOf(await ReadAsync("categories/" + Escaped(id) + new Query().Add("counts", counts), cancellationToken).ConfigureAwait(false));

    /// <summary>Changes what is set and nothing else.</summary>
    public Task<Label> ChangeCategoryAsync(string id, LabelChange change, string? ifMatch = null, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteLabelAsync(HttpMethod.Patch, "categories/" + Escaped(id), Body(change, QuehacerJson.Default.LabelChange), ifMatch, idempotencyKey, cancellationToken);

    /// <summary>Deletes a category and leaves its tasks without one.</summary>
    public Task DeleteCategoryAsync(string id, string? ifMatch = null, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteAsync(HttpMethod.Delete, "categories/" + Escaped(id), null, ifMatch, idempotencyKey, cancellationToken);

    /// <summary>One page of the workspaces that you are in, the oldest first, which is your personal one.</summary>
    /// <param name="includeArchived">Those that are out of use as well.</param>
    /// <param name="includeTotal">Count them all.</param>
    /// <param name="cursor">Of the page before; the first page unless told.</param>
    /// <param name="limit">How many are on a page: 1 to 100; 20 unless told.</param>
    /// <param name="cancellationToken">Ends the call, its repeats and the waits between them.</param>
    public async Task<WorkspaceList> ListWorkspacesAsync(
        bool? includeArchived = null, bool? includeTotal = null, string? cursor = null, int? limit = null, CancellationToken cancellationToken = default) =>
        (await ReadAsync(
            "workspaces" + new Query().Add("limit", limit).Add("cursor", cursor).Add("include_total", includeTotal).Add("include_archived", includeArchived), cancellationToken)
            .ConfigureAwait(false)).Read(QuehacerJson.Default.WorkspaceList);

    /// <summary>Every workspace that you are in, a page at a time and only as far as it is read.</summary>
    public async IAsyncEnumerable<Workspace> EnumerateWorkspacesAsync(bool? includeArchived = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        WorkspaceList? list = null;
        do
        {
            list = await ListWorkspacesAsync(includeArchived, cursor: list?.Pagination.NextCursor, cancellationToken: cancellationToken).ConfigureAwait(false);
            foreach (var workspace in list.Workspaces)
            {
                yield return workspace;
            }
        }
        while (list.Pagination.NextCursor is not null);
    }

    /// <summary>Makes a workspace that is yours.</summary>
    public Task<Workspace> CreateWorkspaceAsync(NewWorkspace workspace, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteWorkspaceAsync(HttpMethod.Post, "", Body(workspace, QuehacerJson.Default.NewWorkspace), null, idempotencyKey, cancellationToken);

    /// <summary>A workspace that you are in.</summary>
    public async Task<Workspace> GetWorkspaceAsync(string id, CancellationToken cancellationToken = default) =>
        WorkspaceOf(await ReadAsync("workspaces/" + Escaped(id), cancellationToken).ConfigureAwait(false));

    /// <summary>Changes what is set and nothing else. Its owner may.</summary>
    public Task<Workspace> ChangeWorkspaceAsync(string id, WorkspaceChange change, string? ifMatch = null, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteWorkspaceAsync(HttpMethod.Patch, "/" + Escaped(id), Body(change, QuehacerJson.Default.WorkspaceChange), ifMatch, idempotencyKey, cancellationToken);

    /// <summary>Takes a workspace out of use: what is in it is seen, and changed by nobody. Its owner may.</summary>
    public Task<Workspace> ArchiveWorkspaceAsync(string id, string? ifMatch = null, int? version = null, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteWorkspaceAsync(HttpMethod.Post, $"/{Escaped(id)}/archive", Condition(version), ifMatch, idempotencyKey, cancellationToken);

    /// <summary>Takes an archived workspace into use again. Its owner may.</summary>
    public Task<Workspace> UnarchiveWorkspaceAsync(string id, string? ifMatch = null, int? version = null, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteWorkspaceAsync(HttpMethod.Post, $"/{Escaped(id)}/unarchive", Condition(version), ifMatch, idempotencyKey, cancellationToken);

    /// <summary>One page of the members of a workspace, in the order of their registration.</summary>
    /// <param name="id">Of the workspace.</param>
    /// <param name="role">Those who are this: <c>viewer</c>, <c>editor</c> or <c>owner</c>.</param>
    /// <param name="search">Those whose name has words that begin so, or, for the owner, whose e-mail begins so.</param>
    /// <param name="includeTotal">Count them all.</param>
    /// <param name="cursor">Of the page before; the first page unless told.</param>
    /// <param name="limit">How many are on a page: 1 to 100; 20 unless told.</param>
    /// <param name="cancellationToken">Ends the call, its repeats and the waits between them.</param>
    public async Task<MemberList> ListMembersAsync(
        string id, string? role = null, string? search = null, bool? includeTotal = null, string? cursor = null, int? limit = null, CancellationToken cancellationToken = default) =>
        (await ReadAsync(
            $"workspaces/{Escaped(id)}/members" + new Query().Add("limit", limit).Add("cursor", cursor).Add("include_total", includeTotal).Add("role", role).Add("search", search), cancellationToken)
            .ConfigureAwait(false)).Read(QuehacerJson.Default.MemberList);

    /// <summary>One of the members of a workspace, by the id of the account.</summary>
    public async Task<Member> GetMemberAsync(string id, string userId, CancellationToken cancellationToken = default) =>
        MemberOf(await ReadAsync($"workspaces/{Escaped(id)}/members/{Escaped(userId)}", cancellationToken).ConfigureAwait(false));

    /// <summary>Who looks at a workspace just now.</summary>
    /// <param name="id">Of the workspace.</param>
    /// <param name="cancellationToken">Ends the call, its repeats and the waits between them.</param>
    public async Task<Presence> GetPresenceAsync(string id, CancellationToken cancellationToken = default) =>
        (await ReadAsync($"workspaces/{Escaped(id)}/presence", cancellationToken).ConfigureAwait(false)).Read(QuehacerJson.Default.Presence);

    /// <summary>Lets a member do more or less. The owner may.</summary>
    public async Task<Member> ChangeMemberAsync(
        string id, string userId, MemberChange change, string? ifMatch = null, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        MemberOf(await WriteAsync(
            HttpMethod.Patch, $"workspaces/{Escaped(id)}/members/{Escaped(userId)}", Body(change, QuehacerJson.Default.MemberChange), ifMatch, idempotencyKey, cancellationToken).ConfigureAwait(false));

    /// <summary>Removes a member; the owner does that, and everybody else removes themselves.</summary>
    public Task RemoveMemberAsync(string id, string userId, string? ifMatch = null, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteAsync(HttpMethod.Delete, $"workspaces/{Escaped(id)}/members/{Escaped(userId)}", null, ifMatch, idempotencyKey, cancellationToken);

    /// <summary>Leaves a workspace. Its owner hands it on first.</summary>
    public Task LeaveWorkspaceAsync(string id, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteAsync(HttpMethod.Post, $"workspaces/{Escaped(id)}/leave", null, null, idempotencyKey, cancellationToken);

    /// <summary>Makes a member the owner of a workspace that is yours, and you an editor of it.</summary>
    public Task<Workspace> TransferWorkspaceAsync(string id, string userId, string currentPassword, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteWorkspaceAsync(
            HttpMethod.Post, $"/{Escaped(id)}/transfer", Body(new WorkspaceTransfer { UserId = userId, CurrentPassword = currentPassword }, QuehacerJson.Default.WorkspaceTransfer), null, idempotencyKey,
            cancellationToken);

    /// <summary>One page of the open invitations into a workspace, the oldest first. Its owner may.</summary>
    public Task<InvitationList> ListInvitationsAsync(
        string id, bool? includeTotal = null, string? cursor = null, int? limit = null, CancellationToken cancellationToken = default) =>
        ReadInvitationsAsync($"workspaces/{Escaped(id)}/invitations", includeTotal, cursor, limit, cancellationToken);

    /// <summary>Invites whoever has an e-mail into a workspace, by letter. Its owner may. Another one for the same e-mail takes the place of the first.</summary>
    /// <param name="id">Of the workspace.</param>
    /// <param name="email">To which the letter goes.</param>
    /// <param name="role"><c>viewer</c> or <c>editor</c>.</param>
    /// <param name="idempotencyKey">Its own, where the call may be repeated by a program that has been started anew.</param>
    /// <param name="cancellationToken">Ends the call, its repeats and the waits between them.</param>
    public async Task<Invitation> CreateInvitationAsync(string id, string email, string role, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        (await WriteAsync(
            HttpMethod.Post, $"workspaces/{Escaped(id)}/invitations", Body(new NewInvitation { Email = email, Role = role }, QuehacerJson.Default.NewInvitation), null, idempotencyKey, cancellationToken)
            .ConfigureAwait(false)).Read(QuehacerJson.Default.Invitation);

    /// <summary>An open invitation into a workspace. Its owner may.</summary>
    public async Task<Invitation> GetInvitationAsync(string id, string invitationId, CancellationToken cancellationToken = default) =>
        (await ReadAsync($"workspaces/{Escaped(id)}/invitations/{Escaped(invitationId)}", cancellationToken).ConfigureAwait(false)).Read(QuehacerJson.Default.Invitation);

    /// <summary>Takes an invitation back. The owner of the workspace may.</summary>
    public Task RevokeInvitationAsync(string id, string invitationId, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteAsync(HttpMethod.Delete, $"workspaces/{Escaped(id)}/invitations/{Escaped(invitationId)}", null, null, idempotencyKey, cancellationToken);

    /// <summary>The invitation that the token of a letter is for.</summary>
    public async Task<Invitation> LookAtInvitationAsync(string token, CancellationToken cancellationToken = default) =>
        (await AnonymousAsync("invitations/look", Body(new OneTimeToken { Token = token }, QuehacerJson.Default.OneTimeToken), null, cancellationToken).ConfigureAwait(false))
            .Read(QuehacerJson.Default.Invitation);

    /// <summary>Accepts the invitation that the token of a letter is for. The account has the e-mail that the letter went to.</summary>
    public async Task<Workspace> AcceptInvitationAsync(string token, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WorkspaceOf(await WriteAsync(
            HttpMethod.Post, "invitations/accept", Body(new OneTimeToken { Token = token }, QuehacerJson.Default.OneTimeToken), null, idempotencyKey, cancellationToken).ConfigureAwait(false));

    /// <summary>Declines the invitation that the token of a letter is for.</summary>
    public Task DeclineInvitationAsync(string token, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        AnonymousAsync("invitations/decline", Body(new OneTimeToken { Token = token }, QuehacerJson.Default.OneTimeToken), idempotencyKey, cancellationToken);

    /// <summary>One page of the open invitations to the account's own e-mail, the oldest first; none while that is not verified.</summary>
    public Task<InvitationList> ListOwnInvitationsAsync(bool? includeTotal = null, string? cursor = null, int? limit = null, CancellationToken cancellationToken = default) =>
        ReadInvitationsAsync("me/invitations", includeTotal, cursor, limit, cancellationToken);

    /// <summary>Accepts one of the invitations to the account's own e-mail.</summary>
    public async Task<Workspace> AcceptOwnInvitationAsync(string invitationId, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WorkspaceOf(await WriteAsync(HttpMethod.Post, $"me/invitations/{Escaped(invitationId)}/accept", null, null, idempotencyKey, cancellationToken).ConfigureAwait(false));

    /// <summary>Declines one of the invitations to the account's own e-mail.</summary>
    public Task DeclineOwnInvitationAsync(string invitationId, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteAsync(HttpMethod.Post, $"me/invitations/{Escaped(invitationId)}/decline", null, null, idempotencyKey, cancellationToken);

    /// <summary>One page of the tags, by name without regard to case and accents.</summary>
    /// <param name="counts">Whether each has a <see cref="Label.TaskCount"/>.</param>
    /// <param name="page">Which page; the first unless told.</param>
    /// <param name="limit">How many are on a page: 1 to 100; 100 unless told.</param>
    /// <param name="cancellationToken">Ends the call, its repeats and the waits between them.</param>
    public async Task<TagList> ListTagsAsync(bool? counts = null, int? page = null, int? limit = null, CancellationToken cancellationToken = default) =>
        (await ReadAsync("tags" + new Query().Add("page", page).Add("limit", limit).Add("counts", counts), cancellationToken).ConfigureAwait(false))
            .Read(QuehacerJson.Default.TagList);

    /// <summary>Every tag, a page at a time and only as far as it is read.</summary>
    public async IAsyncEnumerable<Label> EnumerateTagsAsync(bool? counts = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        TagList list;
        var page = 0;
        do
        {
            list = await ListTagsAsync(counts, ++page, cancellationToken: cancellationToken).ConfigureAwait(false);
            foreach (var tag in list.Tags)
            {
                yield return tag;
            }
        }
        while (list.Pagination.HasNext);
    }

    /// <summary>Makes a tag. A name that is taken is refused with 409; case does not count.</summary>
    public Task<Label> CreateTagAsync(NewLabel tag, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteLabelAsync(HttpMethod.Post, "tags", Body(tag, QuehacerJson.Default.NewLabel), null, idempotencyKey, cancellationToken);

    /// <summary>A tag. With <paramref name="counts"/> it has a <see cref="Label.TaskCount"/> and no tag of its state.</summary>
    public async Task<Label> GetTagAsync(string id, bool? counts = null, CancellationToken cancellationToken = default) =>
        LabelOf(await ReadAsync("tags/" + Escaped(id) + new Query().Add("counts", counts), cancellationToken).ConfigureAwait(false));

    /// <summary>Changes what is set and nothing else.</summary>
    public Task<Label> ChangeTagAsync(string id, LabelChange change, string? ifMatch = null, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteLabelAsync(HttpMethod.Patch, "tags/" + Escaped(id), Body(change, QuehacerJson.Default.LabelChange), ifMatch, idempotencyKey, cancellationToken);

    /// <summary>Deletes a tag and leaves its tasks without it.</summary>
    public Task DeleteTagAsync(string id, string? ifMatch = null, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteAsync(HttpMethod.Delete, "tags/" + Escaped(id), null, ifMatch, idempotencyKey, cancellationToken);

    /// <summary>Puts another tag on every task that has this one, which is gone from then on. A merge cannot be undone.</summary>
    public Task<Label> MergeTagAsync(
        string id, string into, string? ifMatch = null, int? version = null, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteLabelAsync(
            HttpMethod.Post, $"tags/{Escaped(id)}/merge", Body(new TagMerge { Into = into, Version = version }, QuehacerJson.Default.TagMerge), ifMatch, idempotencyKey, cancellationToken);

    /// <summary>A page of the accounts of the installation, for its administrators.</summary>
    /// <param name="search">Words of name or e-mail, at least their beginnings.</param>
    /// <param name="plan"><c>standard</c>, <c>plus</c> or <c>premium</c>.</param>
    /// <param name="role"><c>user</c> or <c>admin</c>.</param>
    /// <param name="suspended">Those that are suspended, or all others.</param>
    /// <param name="sort">The order; <see cref="UserSort.Created"/> unless told.</param>
    /// <param name="order">The direction; the natural one of the order unless told.</param>
    /// <param name="limit">How many are on a page: 1 to 100; 20 unless told.</param>
    /// <param name="cursor">Of a page before; null for the beginning.</param>
    /// <param name="includeTotal">Count all of them.</param>
    /// <param name="cancellationToken">Ends the call, its repeats and the waits between them.</param>
    public async Task<AdminUserList> ListUsersAsync(
        string? search = null, string? plan = null, string? role = null, bool? suspended = null, UserSort? sort = null, SortOrder? order = null, int? limit = null, string? cursor = null,
        bool? includeTotal = null, CancellationToken cancellationToken = default)
    {
        var query = new Query().Add("search", search).Add("plan", plan).Add("role", role).Add("suspended", suspended).Add("sort", sort).Add("order", order).Add("limit", limit)
            .Add("cursor", cursor).Add("include_total", includeTotal);
        return (await ReadAsync("admin/users" + query, cancellationToken).ConfigureAwait(false)).Read(QuehacerJson.Default.AdminUserList);
    }

    /// <summary>An account by its id, for administrators.</summary>
    public async Task<AdminUser> GetUserAsync(string id, CancellationToken cancellationToken = default) =>
        UserOf(await ReadAsync("admin/users/" + Escaped(id), cancellationToken).ConfigureAwait(false));

    /// <summary>Changes plan or role of an account.</summary>
    public async Task<AdminUser> ChangeUserAsync(string id, UserChange change, string? ifMatch = null, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        UserOf(await WriteAsync(HttpMethod.Patch, "admin/users/" + Escaped(id), Body(change, QuehacerJson.Default.UserChange), ifMatch, idempotencyKey, cancellationToken).ConfigureAwait(false));

    /// <summary>Lets nobody sign in to an account any more, and ends its sessions and API keys.</summary>
    /// <param name="id">Of the account.</param>
    /// <param name="reason">For the trail of administrators: up to 500 characters.</param>
    /// <param name="idempotencyKey">One of your own, to send the request again later.</param>
    /// <param name="cancellationToken">Ends the call, its repeats and the waits between them.</param>
    public Task<AdminUser> SuspendUserAsync(string id, string? reason = null, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        ActOnUserAsync(id, "suspend", Body(new Suspension { Reason = reason }, QuehacerJson.Default.Suspension), idempotencyKey, cancellationToken);

    /// <summary>Lets people sign in to an account again.</summary>
    public Task<AdminUser> UnsuspendUserAsync(string id, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        ActOnUserAsync(id, "unsuspend", null, idempotencyKey, cancellationToken);

    /// <summary>Takes all second factors of an account away, for somebody who has lost them.</summary>
    public Task<AdminUser> ResetFactorsAsync(string id, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        ActOnUserAsync(id, "reset-factor", null, idempotencyKey, cancellationToken);

    /// <summary>Ends all sessions of an account. Its API keys go on.</summary>
    public Task SignOutUserAsync(string id, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        WriteAsync(HttpMethod.Post, $"admin/users/{Escaped(id)}/sign-out", null, null, idempotencyKey, cancellationToken);

    /// <summary>A page of tasks of somebody else, for administrators. Each look is recorded.</summary>
    /// <param name="id">Of the account.</param>
    /// <param name="query">Which tasks, and in which order.</param>
    /// <param name="page">Which page, from 1; not together with a cursor.</param>
    /// <param name="cursor">Of a page before.</param>
    /// <param name="workspaceId">Another workspace that the account owns; null for the personal one.</param>
    /// <param name="cancellationToken">Ends the call, its repeats and the waits between them.</param>
    public async Task<TaskList> ListUserTasksAsync(
        string id, TaskQuery? query = null, int? page = null, string? cursor = null, string? workspaceId = null, CancellationToken cancellationToken = default) =>
        (await ReadAsync($"admin/users/{Escaped(id)}/tasks" + (query ?? new TaskQuery()).ToQuery(page, cursor).Add("workspace_id", workspaceId), cancellationToken).ConfigureAwait(false))
            .Read(QuehacerJson.Default.TaskList);

    /// <summary>A task of somebody else, for administrators. Each look is recorded.</summary>
    /// <param name="id">Of the account.</param>
    /// <param name="taskId">Of the task, or its number.</param>
    /// <param name="expand">What it shows beside its usual members.</param>
    /// <param name="workspaceId">Another workspace that the account owns; null for the personal one.</param>
    /// <param name="cancellationToken">Ends the call, its repeats and the waits between them.</param>
    public async Task<TaskItem> GetUserTaskAsync(
        string id, string taskId, IReadOnlyList<TaskExpansion>? expand = null, string? workspaceId = null, CancellationToken cancellationToken = default) =>
        (await ReadAsync($"admin/users/{Escaped(id)}/tasks/{Escaped(taskId)}" + new Query().Add("expand", expand).Add("workspace_id", workspaceId), cancellationToken).ConfigureAwait(false))
            .Read(QuehacerJson.Default.TaskItem);

    /// <summary>A page of what administrators have done, the newest first, for administrators.</summary>
    /// <param name="actorId">What this account has done.</param>
    /// <param name="userId">What was done to this account.</param>
    /// <param name="act">Acts of this kind, such as <c>user.suspended</c>.</param>
    /// <param name="since">Then or later.</param>
    /// <param name="until">Before.</param>
    /// <param name="limit">How many are on a page: 1 to 100; 20 unless told.</param>
    /// <param name="cursor">Of a page before; null for the beginning.</param>
    /// <param name="includeTotal">Count all of them.</param>
    /// <param name="cancellationToken">Ends the call, its repeats and the waits between them.</param>
    public async Task<AdminActList> ListAdminActsAsync(
        string? actorId = null, string? userId = null, string? act = null, DateTimeOffset? since = null, DateTimeOffset? until = null, int? limit = null, string? cursor = null,
        bool? includeTotal = null, CancellationToken cancellationToken = default)
    {
        var query = new Query().Add("actor_id", actorId).Add("user_id", userId).Add("act", act).Add("since", since).Add("until", until).Add("limit", limit).Add("cursor", cursor)
            .Add("include_total", includeTotal);
        return (await ReadAsync("admin/audit" + query, cancellationToken).ConfigureAwait(false)).Read(QuehacerJson.Default.AdminActList);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (IsView)
        {
            return;
        }
        renewal.Dispose();
        if (isHttpOurs)
        {
            http.Dispose();
        }
    }

    private async Task<TaskItem> WriteTaskAsync(HttpMethod method, string path, byte[]? body, string? ifMatch, string? key, CancellationToken cancellationToken) =>
        TaskOf(await WriteAsync(method, path, body, ifMatch, key, cancellationToken).ConfigureAwait(false));

    private async Task<BulkResult> WriteManyAsync(
        HttpMethod method, TaskFilter filter, byte[]? body, int? limit, string? cursor, bool? dryRun, string? ifMatch, string? key, CancellationToken cancellationToken)
    {
        var query = filter.ToQuery().Add("limit", limit).Add("cursor", cursor).Add("dry_run", dryRun);
        var answered = await WriteAsync(method, "tasks" + query, body, ifMatch, key, cancellationToken).ConfigureAwait(false);
        return answered.Read(QuehacerJson.Default.BulkResult) with { ETag = answered.ETag };
    }

    private async Task<Note> WriteNoteAsync(HttpMethod method, string path, byte[]? body, string? ifMatch, string? key, CancellationToken cancellationToken) =>
        NoteOf(await WriteAsync(method, path, body, ifMatch, key, cancellationToken).ConfigureAwait(false));

    private async Task<ServiceAccount> WriteServiceAccountAsync(HttpMethod method, string path, byte[] body, string? ifMatch, string? key, CancellationToken cancellationToken) =>
        ServiceAccountOf(await WriteAsync(method, path, body, ifMatch, key, cancellationToken).ConfigureAwait(false));

    private async Task<Workspace> WriteWorkspaceAsync(HttpMethod method, string path, byte[]? body, string? ifMatch, string? key, CancellationToken cancellationToken) =>
        WorkspaceOf(await WriteAsync(method, "workspaces" + path, body, ifMatch, key, cancellationToken).ConfigureAwait(false));

    private async Task<InvitationList> ReadInvitationsAsync(string path, bool? includeTotal, string? cursor, int? limit, CancellationToken cancellationToken) =>
        (await ReadAsync(path + new Query().Add("limit", limit).Add("cursor", cursor).Add("include_total", includeTotal), cancellationToken).ConfigureAwait(false))
            .Read(QuehacerJson.Default.InvitationList);

    private async Task<Label> WriteLabelAsync(HttpMethod method, string path, byte[]? body, string? ifMatch, string? key, CancellationToken cancellationToken) =>
        LabelOf(await WriteAsync(method, path, body, ifMatch, key, cancellationToken).ConfigureAwait(false));

    private async Task<AdminUser> ActOnUserAsync(string id, string verb, byte[]? body, string? key, CancellationToken cancellationToken) =>
        UserOf(await WriteAsync(HttpMethod.Post, $"admin/users/{Escaped(id)}/{verb}", body, null, key, cancellationToken).ConfigureAwait(false));

    private async Task<T> WriteFactorAsync<T>(string path, byte[] body, JsonTypeInfo<T> type, string? key, CancellationToken cancellationToken) =>
        (await WriteAsync(HttpMethod.Post, "me/factors/" + path, body, null, key, cancellationToken).ConfigureAwait(false)).Read(type);

    private Task RemoveFactorAsync(string factor, string currentPassword, string code, string? mfaToken, string? key, CancellationToken cancellationToken)
    {
        var body = Body(new FactorProof { CurrentPassword = currentPassword, Code = code, MfaToken = mfaToken }, QuehacerJson.Default.FactorProof);
        return WriteAsync(HttpMethod.Post, $"me/factors/{factor}/remove", body, null, key, cancellationToken);
    }

    private async Task<Tokens> LogInAsync(string path, byte[] body, string? key, CancellationToken cancellationToken)
    {
        var answered = await AnonymousAsync(path, body, key, cancellationToken).ConfigureAwait(false);
        if (answered.IsCodeWanted)
        {
            throw new SecondFactorRequiredException(answered.Read(QuehacerJson.Default.MfaRequired));
        }
        var tokens = answered.Read(QuehacerJson.Default.Tokens);
        renewal.Begin(new Session(tokens.AccessToken, tokens.RefreshToken));
        return tokens;
    }

    private async Task<T> AnonymousAsync<T>(string path, byte[] body, JsonTypeInfo<T> type, string? key, CancellationToken cancellationToken) =>
        (await AnonymousAsync(path, body, key, cancellationToken).ConfigureAwait(false)).Read(type);

    private async Task<Answered> AnonymousAsync(string path, byte[] body, string? key, CancellationToken cancellationToken)
    {
        var answered = await exchange.UntilAnsweredAsync(Write(HttpMethod.Post, path, body, null, key), accessToken: null, cancellationToken).ConfigureAwait(false);
        return answered.IsSuccess ? answered : throw answered.ToException();
    }

    private Task<Answered> ReadAsync(string path, CancellationToken cancellationToken) => AskAsync(new Asked(HttpMethod.Get, "api/v1/" + InWorkspace(path)), cancellationToken);

    private Task<Answered> WriteAsync(HttpMethod method, string path, byte[]? body, string? ifMatch, string? key, CancellationToken cancellationToken) =>
        AskAsync(Write(method, InWorkspace(path), body, ifMatch, key), cancellationToken);

    /// <summary>The path, which names the workspace where it is one of what is in workspaces.</summary>
    private string InWorkspace(string path) => workspaceId is null || !Array.Exists(ThingsOfWorkspaces, thing => path.StartsWith(thing, StringComparison.Ordinal))
        ? path
        : $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}workspace_id={Escaped(workspaceId)}";

    private static Asked Write(HttpMethod method, string path, byte[]? body, string? ifMatch, string? key) =>
        new(method, "api/v1/" + path, body, ifMatch, key ?? $"\"{Guid.NewGuid()}\"");

    /// <summary>Asks for whom the client acts. A token that is refused is renewed once, and the request sent again under its key.</summary>
    private async Task<Answered> AskAsync(Asked asked, CancellationToken cancellationToken)
    {
        var session = renewal.Session;
        var answered = await exchange.UntilAnsweredAsync(asked, session?.AccessToken, cancellationToken).ConfigureAwait(false);
        if (answered.IsTokenRefused && session is not null
            && await renewal.AfterAsync(session, cancellationToken).ConfigureAwait(false) is { } renewed)
        {
            answered = await exchange.UntilAnsweredAsync(asked, renewed.AccessToken, cancellationToken).ConfigureAwait(false);
        }
        return answered.IsSuccess ? answered : throw answered.ToException();
    }

    private static TaskItem TaskOf(Answered answered) => answered.Read(QuehacerJson.Default.TaskItem) with { ETag = answered.ETag };

    private static Note NoteOf(Answered answered) => answered.Read(QuehacerJson.Default.Note) with { ETag = answered.ETag };

    private static ServiceAccount ServiceAccountOf(Answered answered) => answered.Read(QuehacerJson.Default.ServiceAccount) with { ETag = answered.ETag };

    private static string ServiceAccountsOf(string workspaceId) => $"workspaces/{Escaped(workspaceId)}/service-accounts";

    private static Workspace WorkspaceOf(Answered answered) => answered.Read(QuehacerJson.Default.Workspace) with { ETag = answered.ETag };

    private static Member MemberOf(Answered answered) => answered.Read(QuehacerJson.Default.Member) with { ETag = answered.ETag };

    private static Label LabelOf(Answered answered) => answered.Read(QuehacerJson.Default.Label) with { ETag = answered.ETag };

    private static AdminUser UserOf(Answered answered) => answered.Read(QuehacerJson.Default.AdminUser) with { ETag = answered.ETag };

    private static byte[] Body<T>(T body, JsonTypeInfo<T> type) => JsonSerializer.SerializeToUtf8Bytes(body, type);

    private static byte[]? Condition(int? version) => version is { } must ? Body(new TaskCondition { Version = must }, QuehacerJson.Default.TaskCondition) : null;

    private static string Escaped(string segment) => segment.Length > 0 && segment is not ("." or "..")
        ? Uri.EscapeDataString(segment)
        : throw new ArgumentException($"'{segment}' names nothing: give the id or the name of a thing that there is.");

    private static Uri AsFolder(Uri address) => address.OriginalString.EndsWith('/') ? address : new Uri(address.OriginalString + "/");
}
