using Microsoft.AspNetCore.Http;
using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Gateway;

/// <summary>Body of an answer that reports what is wrong with a recipe.</summary>
public sealed record ProblemList(IReadOnlyList<RecipeProblem> Problems);

/// <summary>Body of an answer that reports anything else that went wrong, in a sentence.</summary>
public sealed record ErrorMessage(string Message);

/// <summary>The few shapes of answers that all resources share.</summary>
internal static class ApiAnswers
{
    public static IResult Json<T>(T value, int status = StatusCodes.Status200OK) => Results.Json(value, ApiJson.Options, statusCode: status);

    public static IResult Problems(IReadOnlyList<RecipeProblem> problems) => Json(new ProblemList(problems), StatusCodes.Status400BadRequest);

    public static IResult NotFound(string message) => Json(new ErrorMessage(message), StatusCodes.Status404NotFound);

    public static IResult Unavailable(string message) => Json(new ErrorMessage(message), StatusCodes.Status503ServiceUnavailable);
}
