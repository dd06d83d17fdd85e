using System.Globalization;
using OrleansTransfer.Host.Logs;

namespace OrleansTransfer.Host;

/// <summary>Reads options of a node that users write as text, on the command line or in variables.</summary>
public static class NodeOptionTexts
{
    /// <summary>Variable of the option <c>--role</c>.</summary>
    public const string RoleVariable = "OTX_ROLE";

    /// <summary>Variables of the options <c>--log-format</c>, <c>--otlp-endpoint</c> and <c>--trace-ratio</c>.</summary>
    public const string LogFormatVariable = "OTX_LOG_FORMAT", EndpointVariable = "OTX_OTLP_ENDPOINT", RatioVariable = "OTX_TRACE_RATIO";

    /// <summary><c>both</c>, <c>worker</c> or <c>gateway</c>; null or empty for the default.</summary>
    /// <exception cref="NodeStartException">It is none of these.</exception>
    public static NodeRole ReadRole(string? text) => text switch
    {
        null or "" => new NodeOptions().Role,
        "both" => NodeRole.Both,
        "worker" => NodeRole.Worker,
        "gateway" => NodeRole.Gateway,
        _ => throw new NodeStartException($"'{text}' is no role of a node: --role ({RoleVariable}) takes both, worker or gateway."),
    };

    /// <summary><c>text</c> or <c>json</c>; null or empty for the default.</summary>
    /// <exception cref="NodeStartException">It is neither.</exception>
    public static LogFormat ReadLogFormat(string? text) => text switch
    {
        null or "" => new NodeOptions().LogFormat,
        "text" => LogFormat.Text,
        "json" => LogFormat.Json,
        _ => throw new NodeStartException($"'{text}' is no format of logs: --log-format ({LogFormatVariable}) takes text or json."),
    };

    /// <summary>The address of a collector; null or empty for none.</summary>
    /// <exception cref="NodeStartException">It is no such address.</exception>
    public static Uri? ReadEndpoint(string? text)
    {
        if (string.IsNullOrEmpty(text)) return null;
        return Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new NodeStartException(
                $"'{text}' is not the address of a collector: --otlp-endpoint ({EndpointVariable}) takes one of OTLP over HTTP, for instance" +
                " http://127.0.0.1:4318.");
    }

    /// <summary>A share of 0 to 1; null or empty for the default.</summary>
    /// <exception cref="NodeStartException">It is none.</exception>
    public static double ReadRatio(string? text)
    {
        if (string.IsNullOrEmpty(text)) return new NodeOptions().TraceRatio;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var ratio) && ratio is >= 0 and <= 1
            ? ratio
            : throw new NodeStartException(
                $"'{text}' is no share of steps: --trace-ratio ({RatioVariable}) takes a number from 0 to 1, for instance 0.05.");
    }
}
