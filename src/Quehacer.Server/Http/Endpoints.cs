namespace Quehacer.Server.Http;

/// <summary>
/// How contracts map their endpoints: a method, a pattern, and a function from the request to its result. Nothing is bound by reflection
/// and nothing is compiled at the start.
/// </summary>
internal static class Endpoints
{
    private static readonly string[] Read = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>
    /// Statements are not cancelled when a client goes away: PostgreSQL's cancel is addressed to a connection, arrives when it likes, and
    /// would hit whoever uses the pooled connection next. Every statement is bounded by its timeout instead.
    /// </summary>
    public static readonly CancellationToken Bounded = CancellationToken.None;

    /// <summary>GET, and HEAD with it (RFC 9110 §9.3.2).</summary>
    public static IEndpointConventionBuilder Get(this IEndpointRouteBuilder routes, string pattern, Func<HttpContext, Task<IResult>> answer) =>
        routes.Answer(Read, pattern, answer);

    public static IEndpointConventionBuilder Post(this IEndpointRouteBuilder routes, string pattern, Func<HttpContext, Task<IResult>> answer) =>
        routes.Answer([HttpMethods.Post], pattern, answer);

    public static void Put(this IEndpointRouteBuilder routes, string pattern, Func<HttpContext, Task<IResult>> answer) =>
        routes.Answer([HttpMethods.Put], pattern, answer);

    public static IEndpointConventionBuilder Patch(this IEndpointRouteBuilder routes, string pattern, Func<HttpContext, Task<IResult>> answer) =>
        routes.Answer([HttpMethods.Patch], pattern, answer);

    public static IEndpointConventionBuilder Delete(this IEndpointRouteBuilder routes, string pattern, Func<HttpContext, Task<IResult>> answer) =>
        routes.Answer([HttpMethods.Delete], pattern, answer);

    /// <summary>GET and HEAD for what writes its answer itself, as pages do.</summary>
    public static void Show(this IEndpointRouteBuilder routes, string pattern, RequestDelegate write) => routes.MapMethods(pattern, Read, write);

    /// <summary>A parameter of the route's pattern.</summary>
    public static string? Route(this HttpContext http, string name) => http.Request.RouteValues[name] as string;

    private static IEndpointConventionBuilder Answer(this IEndpointRouteBuilder routes, string[] methods, string pattern, Func<HttpContext, Task<IResult>> answer) =>
        routes.MapMethods(pattern, methods, (RequestDelegate)(async http => await (await answer(http)).ExecuteAsync(http)));
}
