using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using OrleansTransfer.Cluster.Experiments;
using OrleansTransfer.Cluster.Sweeps;
using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Gateway;

/// <summary>Turns exceptions into answers: the user's mistakes into 400 and 404, the cluster's troubles into 503, never a stack trace.</summary>
internal sealed partial class ApiFaults(ILogger<ApiFaults> logger) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (RecipeException exception)
        {
            return ApiAnswers.Problems(exception.Problems);
        }
        catch (Exception exception) when (exception is UnknownExperimentException or UnknownSweepException)
        {
            return ApiAnswers.NotFound(exception.Message);
        }
        catch (Exception exception) when (IsClusterTrouble(exception))
        {
            LogUnavailable(logger, context.HttpContext.Request.Path, exception);
            return ApiAnswers.Unavailable(Describe(exception));
        }
        catch (BadHttpRequestException exception) when (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return ApiAnswers.Json(
                new ErrorMessage("The body is larger than this node takes (--max-body)."), StatusCodes.Status413PayloadTooLarge);
        }
        catch (OperationCanceledException) when (context.HttpContext.RequestAborted.IsCancellationRequested)
        {
            return Results.Empty;
        }
        catch (Exception exception)
        {
            LogUnexpected(logger, context.HttpContext.Request.Path, exception);
            return ApiAnswers.Json(
                new ErrorMessage("The node met an error of its own; its log has the details."), StatusCodes.Status500InternalServerError);
        }
    }

    public static bool IsClusterTrouble(Exception exception) => exception is OrleansException or TimeoutException;

    public static string Describe(Exception exception) => exception is TimeoutException
        ? "The cluster did not answer in time. It may be busy, or losing a node; try again in a few seconds."
        : $"The cluster cannot answer now: {exception.Message}";
}
