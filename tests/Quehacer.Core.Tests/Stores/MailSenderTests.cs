using System.Collections.Concurrent;
using System.Net;
using Npgsql;
using Quehacer.Core.Accounts;
using Quehacer.Core.Mail;
using Quehacer.Core.Postgres;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

public sealed class MailSenderTests(PostgresFixture postgres)
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private static readonly Dictionary<MailKind, SecretPurpose> Purposes = new()
    {
        [MailKind.PasswordReset] = SecretPurpose.PasswordReset,
        [MailKind.EmailVerification] = SecretPurpose.EmailVerification,
        [MailKind.EmailChange] = SecretPurpose.EmailChange,
        [MailKind.SecondFactorCode] = SecretPurpose.SecondFactor,
        [MailKind.LoginCode] = SecretPurpose.CodeLogin,
        [MailKind.EmailFactorCode] = SecretPurpose.EmailFactor,
        [MailKind.AccountDeletionAsked] = SecretPurpose.AccountRestoration,
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>An outbox with its sender; what was handed on and what was reported is kept.</summary>
    private sealed class Post(House house, Func<OutgoingLetter, Task<Delivery>>? send = null, TimeProvider? time = null)
    {
        public ConcurrentQueue<OutgoingLetter> Sent { get; } = new();

        public ConcurrentQueue<MailReport> Reports { get; } = new();

        public MailSender Sender => field ??= new MailSender(
            house.Database, house.Core.OneTimeSecrets, house.Core.PasswordResets, house.Core.Outbox, time ?? house.Time,
            async letter =>
            {
                var delivery = send is null ? Delivery.Sent : await send(letter);
                Sent.Enqueue(letter);
                return delivery;
            },
            Reports.Enqueue);

        public async Task EmptyAsync()
        {
            while (await Sender.SendNextAsync())
            {
                // On to the next.
            }
        }
    }

    private static async Task<Letter> AddAsync(House house, MailKind kind, string recipient, Guid? userId = null, string? detail = null, Language language = Language.English, TimeSpan? usefulFor = null)
    {
        var now = house.Time.NowUtc();
        var letter = new Letter(Ids.New(now), kind, recipient, language, userId, detail) { Address = IPAddress.Parse("::ffff:203.0.113.7") };
        await using var connection = await house.Database.OpenAsync(Cancellation);
        await Outbox.AddAsync(connection, letter, now, usefulFor ?? Hour);
        return letter;
    }

    private static async Task MakeSecretAsync(House house, SecretPurpose purpose, Letter letter, string email = "new@example.com")
    {
        await using var command = house.Database.Command(OneTimeSecrets.Insert);
        house.Core.OneTimeSecrets.ParametersOf(command.Parameters, purpose, letter.Id, letter.UserId, credentials: 1, email, house.Time.NowUtc() + TimeSpan.FromMinutes(10));
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private static Task<long> LeftAsync(House house) => house.CountAsync("SELECT count(*) FROM mails");

    [Fact]
    public async Task Every_kind_goes_out_with_the_secret_that_it_carries_and_is_gone_then()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("Ana@Example.com");
        var post = new Post(house);
        // The secret of an invitation is in a row of its own (MemberTests).
        foreach (var kind in Enum.GetValues<MailKind>().Where(kind => kind != MailKind.WorkspaceInvitation))
        {
            // Registration may have written a letter of its own.
            await house.ExecuteAsync("DELETE FROM mails");
            var recipient = kind == MailKind.EmailChange ? "new@example.com" : "ana@example.com";
            var letter = await AddAsync(house, kind, recipient, kind == MailKind.PasswordReset ? null : ana.UserId, "detail", Language.Spanish);
            if (Purposes.TryGetValue(kind, out var purpose) && kind != MailKind.PasswordReset)
            {
                await MakeSecretAsync(house, purpose, letter);
            }
            post.Sent.Clear();
            await post.EmptyAsync();

            var outgoing = Assert.Single(post.Sent);
            Assert.Equal((letter.Id, kind, Language.Spanish, ana.UserId, "detail", IPAddress.Parse("203.0.113.7")), (
                outgoing.Letter.Id, outgoing.Letter.Kind, outgoing.Letter.Language, outgoing.Letter.UserId!.Value, outgoing.Letter.Detail, outgoing.Letter.Address));
            // A secret goes where the account says, save one that proves another e-mail.
            Assert.Equal(kind == MailKind.EmailChange || purpose == 0 ? recipient : "Ana@Example.com", outgoing.Letter.Recipient);
            var isCode = kind is MailKind.SecondFactorCode or MailKind.LoginCode or MailKind.EmailFactorCode;
            Assert.Equal(purpose != 0 && !isCode ? house.Core.OneTimeSecrets.TokenOf(purpose, letter.Id) : null, outgoing.Token);
            Assert.Equal(isCode ? house.Core.OneTimeSecrets.CodeOf(purpose, letter.Id) : null, outgoing.Code);
            Assert.Equal(purpose != 0, outgoing.GoodUntil > house.Time.NowUtc());
            Assert.Equal((MailOutcome.Sent, 1), (post.Reports.Last().Outcome, post.Reports.Last().Tries));
            Assert.Equal(0, await LeftAsync(house));
        }
    }

    [Fact]
    public async Task The_secret_of_a_reset_is_made_when_its_letter_goes_out_and_only_for_an_email_that_somebody_has()
    {
        await using var house = await House.BuildAsync(postgres);
        await house.MoveInAsync("ana@example.com");
        await house.ExecuteAsync("DELETE FROM mails");
        var nobody = await AddAsync(house, MailKind.PasswordReset, "nobody@example.com");
        var ana = await AddAsync(house, MailKind.PasswordReset, "ANA@example.com");
        var fails = true;
        var post = new Post(house, _ => fails ? throw new TimeoutException("slow") : Task.FromResult(Delivery.Sent));

        await post.EmptyAsync();
        fails = false;
        house.Time.Forward(TimeSpan.FromMinutes(1));
        await post.EmptyAsync();

        var outgoing = Assert.Single(post.Sent);
        Assert.Equal(("ana@example.com", ana.Id), (outgoing.Letter.Recipient, outgoing.Letter.Id));
        Assert.Equal(1, await house.CountAsync("SELECT count(*) FROM one_time_secrets"));
        Assert.NotNull(await OneTimeSecrets.FindAsync(house.Database, SecretPurpose.PasswordReset, outgoing.Token!, house.Time.NowUtc(), Cancellation));
        Assert.DoesNotContain(post.Reports, report => report.LetterId == nobody.Id);
        Assert.Equal(0, await LeftAsync(house));
    }

    [Theory]
    [InlineData("UPDATE one_time_secrets SET used_at = now()")]
    [InlineData("UPDATE one_time_secrets SET expires_at = now() - interval '1 second'")]
    [InlineData("UPDATE accounts SET credentials = credentials + 1")]
    [InlineData("DELETE FROM one_time_secrets")]
    public async Task A_letter_whose_secret_is_worthless_is_dropped(string meanwhile)
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        await house.ExecuteAsync("DELETE FROM mails");
        foreach (var (kind, purpose) in Purposes)
        {
            await MakeSecretAsync(house, purpose, await AddAsync(house, kind, "ana@example.com", ana.UserId));
        }
        await house.ExecuteAsync(meanwhile);
        // The reset's own secret is made anew where it is missing.
        await house.ExecuteAsync("DELETE FROM mails WHERE kind = 1");

        var post = new Post(house);
        await post.EmptyAsync();
        Assert.Empty(post.Sent);
        Assert.Equal(0, await LeftAsync(house));
    }

    [Fact]
    public async Task A_letter_that_fails_is_tried_again_ever_later_and_given_up_when_it_would_come_too_late()
    {
        await using var house = await House.BuildAsync(postgres);
        var letter = await AddAsync(house, MailKind.PasswordChanged, "ana@example.com", usefulFor: TimeSpan.FromMinutes(5));
        var post = new Post(house, _ => throw new InvalidOperationException("no mail today"));
        var waits = new List<double>();
        for (var tries = 1; await LeftAsync(house) > 0; tries++)
        {
            Assert.True(await post.Sender.SendNextAsync());
            Assert.False(await post.Sender.SendNextAsync());
            var report = post.Reports.Last();
            Assert.Equal((letter.Id, MailKind.PasswordChanged, tries, "no mail today"), (report.LetterId!.Value, report.Kind!.Value, report.Tries, report.Reason!.Message));
            if (report.NextTry is { } next)
            {
                waits.Add(Math.Round((next - house.Time.NowUtc()).TotalSeconds));
                house.Time.Forward(next - house.Time.NowUtc() + TimeSpan.FromMilliseconds(5));
            }
        }
        Assert.Equal([5, 10, 20, 40, 80], waits);
        Assert.Equal(MailOutcome.Expired, post.Reports.Last().Outcome);
        Assert.Equal(6, post.Reports.Count);
        Assert.Equal(TimeSpan.FromHours(1), MailSender.DelayAfter(11));
        Assert.Equal(TimeSpan.FromHours(1), MailSender.DelayAfter(short.MaxValue));
    }

    [Fact]
    public async Task A_letter_that_waited_too_long_is_never_sent_nor_one_to_an_impossible_address_twice()
    {
        await using var house = await House.BuildAsync(postgres);
        await AddAsync(house, MailKind.PasswordChanged, "ana@example.com", usefulFor: TimeSpan.FromMinutes(5));
        house.Time.Forward(TimeSpan.FromMinutes(6));
        var post = new Post(house, _ => Task.FromResult(Delivery.Impossible));
        await post.EmptyAsync();
        Assert.Empty(post.Sent);
        Assert.Equal(MailOutcome.Expired, Assert.Single(post.Reports).Outcome);

        await AddAsync(house, MailKind.PasswordChanged, "a..b@example.com");
        await post.EmptyAsync();
        Assert.Single(post.Sent);
        Assert.Equal(MailOutcome.Impossible, post.Reports.Last().Outcome);
        Assert.Equal(0, await LeftAsync(house));
    }

    [Fact]
    public async Task A_letter_of_a_kind_that_only_newer_servers_know_is_left_to_them_and_holds_up_no_other()
    {
        await using var house = await House.BuildAsync(postgres);
        var newer = await AddAsync(house, (MailKind)99, "ana@example.com");
        await AddAsync(house, MailKind.PasswordChanged, "ben@example.com");
        var post = new Post(house);
        await post.EmptyAsync();
        Assert.Equal("ben@example.com", Assert.Single(post.Sent).Letter.Recipient);
        Assert.Equal((MailOutcome.Failed, newer.Id), (post.Reports.First().Outcome, post.Reports.First().LetterId!.Value));
        Assert.Equal(1, await LeftAsync(house));
    }

    [Fact]
    public async Task Two_senders_at_once_send_each_of_two_hundred_letters_once()
    {
        await using var house = await House.BuildAsync(postgres);
        var ids = await House.AtOnceAsync(200, async index => (await AddAsync(house, MailKind.PasswordChanged, $"user{index}@example.com")).Id);
        Post[] posts = [.. Enumerable.Range(0, 4).Select(_ => new Post(house, async _ =>
        {
            await Task.Yield();
            return Delivery.Sent;
        }))];

        await House.AtOnceAsync(posts.Length, async index =>
        {
            await posts[index].EmptyAsync();
            return 0;
        });
        Assert.Equal(ids.Order(), posts.SelectMany(post => post.Sent).Select(letter => letter.Letter.Id).Order());
        Assert.True(posts.Count(post => !post.Sent.IsEmpty) > 1, "One sender did all the work, so that nothing was raced.");
        Assert.Equal(0, await LeftAsync(house));
    }

    [Fact]
    public async Task A_letter_in_the_hands_of_a_server_that_died_is_sent_by_another_when_its_lease_has_run_out()
    {
        await using var house = await House.BuildAsync(postgres);
        await AddAsync(house, MailKind.PasswordChanged, "ana@example.com");
        var dying = new Post(house, _ => new TaskCompletionSource<Delivery>().Task);
        var other = new Post(house);

        // It never ends, as that of a process that was killed.
        _ = dying.Sender.SendNextAsync();
        await UntilAsync(async () => await house.CountAsync("SELECT count(*) FROM mails WHERE tries = 1") == 1);
        Assert.False(await other.Sender.SendNextAsync());
        house.Time.Forward(TimeSpan.FromSeconds(4 * Limits.MailSeconds + 1));
        Assert.True(await other.Sender.SendNextAsync());
        Assert.Equal(2, Assert.Single(other.Reports).Tries);
        Assert.Equal(0, await LeftAsync(house));
    }

    [Fact]
    public async Task A_letter_that_was_sent_and_could_not_be_deleted_is_deleted_before_anything_else()
    {
        await using var house = await House.BuildAsync(postgres);
        await AddAsync(house, MailKind.PasswordChanged, "ana@example.com");
        var post = new Post(house, async _ =>
        {
            await house.ExecuteAsync("ALTER TABLE mails RENAME TO mails_away");
            return Delivery.Sent;
        });
        await Assert.ThrowsAsync<PostgresException>(post.Sender.SendNextAsync);
        await house.ExecuteAsync("ALTER TABLE mails_away RENAME TO mails");
        house.Time.Forward(Hour / 2);

        Assert.False(await post.Sender.SendNextAsync());
        Assert.Single(post.Sent);
        Assert.Equal(0, await LeftAsync(house));
    }

    [Fact]
    public async Task A_database_that_is_away_is_reported_once_and_waited_for()
    {
        await using var house = await House.BuildAsync(postgres);
        var time = new CountedTime();
        var post = new Post(house, time: time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await house.ExecuteAsync("ALTER TABLE mails RENAME TO mails_away");
        var running = post.Sender.RunAsync(TimeSpan.FromMilliseconds(5), stop.Token);
        await UntilAsync(() => Task.FromResult(time.Asked > 10));
        Assert.Equal(MailOutcome.Unreadable, Assert.Single(post.Reports).Outcome);

        await house.ExecuteAsync("ALTER TABLE mails_away RENAME TO mails");
        await AddAsync(house, MailKind.PasswordChanged, "ana@example.com");
        await UntilAsync(() => Task.FromResult(!post.Sent.IsEmpty));
        await stop.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        Assert.Equal([MailOutcome.Unreadable, MailOutcome.Sent], post.Reports.Select(report => report.Outcome));
    }

    [Fact]
    public async Task Ringing_wakes_the_sender_and_stopping_lets_it_finish_the_letter_in_hand()
    {
        await using var house = await House.BuildAsync(postgres);
        var inHand = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var post = new Post(house, async _ =>
        {
            inHand.TrySetResult();
            await goOn.Task;
            return Delivery.Sent;
        });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var running = post.Sender.RunAsync(TimeSpan.FromDays(1), stop.Token);
        await AddAsync(house, MailKind.PasswordChanged, "ana@example.com");
        await AddAsync(house, MailKind.PasswordChanged, "ben@example.com");
        house.Core.Outbox.Ring();
        await inHand.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);

        await stop.CancelAsync();
        Assert.False(running.IsCompleted);
        goOn.SetResult();
        await running.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        Assert.Single(post.Sent);
        Assert.Equal(1, await LeftAsync(house));
    }

    /// <summary>Counts how often somebody looked at it: the sender does once for every letter it looks for.</summary>
    private sealed class CountedTime : TimeProvider
    {
        private int asked;

        public int Asked => Volatile.Read(ref asked);

        public override DateTimeOffset GetUtcNow()
        {
            Interlocked.Increment(ref asked);
            return base.GetUtcNow();
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> happened)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(20));
        while (!await happened())
        {
            await Task.Delay(5, patience.Token);
        }
    }
}
