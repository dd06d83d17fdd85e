using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Gateway;

/// <summary>Reads request bodies and reports what is wrong with them in the user's words.</summary>
internal static class JsonBody
{
    /// <summary>Reads the body strictly.</summary>
    /// <exception cref="RecipeException">It is not JSON, has a member nobody knows, or a value of the wrong type.</exception>
    public static async Task<T> ReadAsync<T>(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<T>(request.Body, ApiJson.Strict, cancellationToken)
                ?? throw new RecipeException("", "The body is null; a JSON object was expected.");
        }
        catch (JsonException exception)
        {
            throw new RecipeException([Explain(exception)]);
        }
        catch (BadHttpRequestException exception) when (exception.StatusCode != StatusCodes.Status413PayloadTooLarge)
        {
            throw new RecipeException("", $"The body cannot be read: {exception.Message}");
        }
    }

    private static RecipeProblem Explain(JsonException exception)
    {
        var path = exception.Path is { } jsonPath ? jsonPath.TrimStart('$').TrimStart('.') : "";
        var (line, column) = (exception.LineNumber.GetValueOrDefault() + 1, exception.BytePositionInLine.GetValueOrDefault() + 1);
        var place = string.Create(CultureInfo.InvariantCulture, $"line {line}, byte {column}");
        if (exception.InnerException is JsonException)
            return new(path, $"The body is not valid JSON ({place}).");
        if (exception.Message.Contains("could not be mapped", StringComparison.Ordinal))
            return new(path, $"There is no such key ({place}).");
        return new(path, $"The value has the wrong type or form ({place}).");
    }
}
