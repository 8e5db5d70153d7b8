using Microsoft.Net.Http.Headers;

namespace Quehacer.Server.Http;

/// <summary>Marks what stands for the addresses and methods that a contract does not have. Whoever asks is counted as who they are, and needs no token to be told.</summary>
internal sealed class NotServed;

/// <summary>
/// Shuts a contract off from another whose prefix its own lies within. Routing looks at patterns and knows no contracts: to it, a method that
/// <c>/tasks/task/{id}</c> does not take may still be one of <c>/tasks/{id}/complete</c>. Below an enclosed prefix nothing is served but what was mapped there.
/// </summary>
internal static class Enclosure
{
    /// <summary>To be called when everything below the prefixes has been mapped.</summary>
    public static void Enclose(this IEndpointRouteBuilder routes, IEnumerable<string> prefixes)
    {
        var mapped = routes.DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Select(endpoint => (Pattern: $"/{endpoint.RoutePattern.RawText?.Trim('/')}", Methods: endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []))
            .GroupBy(endpoint => endpoint.Pattern, endpoint => endpoint.Methods).ToList();
        foreach (var prefix in prefixes)
        {
            foreach (var address in mapped.Where(address => address.Key == prefix || address.Key.StartsWith($"{prefix}/", StringComparison.Ordinal)))
            {
                // An endpoint for any method comes after those for one at the same address, and before every other address.
                var allowed = string.Join(", ", address.SelectMany(methods => methods).Order(StringComparer.Ordinal));
                Refuse(address.Key, StatusCodes.Status405MethodNotAllowed, headers => headers[HeaderNames.Allow] = allowed);
            }
            Refuse($"{prefix}/{{**rest}}", StatusCodes.Status404NotFound, _ => { });
        }

        // As where routing finds nothing: the status alone, for the contract to say in its words.
        void Refuse(string pattern, int status, Action<IHeaderDictionary> tell) => routes.Map(pattern, http =>
        {
            http.Response.StatusCode = status;
            tell(http.Response.Headers);
            return Task.CompletedTask;
        }).WithMetadata(new NotServed());
    }
}
