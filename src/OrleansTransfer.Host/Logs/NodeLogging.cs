using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Host.Logs;

/// <summary>Where a node's log goes and what is in it.</summary>
internal static class NodeLogging
{
    /// <summary>One line per entry on standard error: standard output belongs to what scripts read.</summary>
    public static void Configure(ILoggingBuilder logging, NodeOptions options)
    {
        if (options.LogFormat == LogFormat.Json) AddJson(logging, options);
        else AddText(logging);
        var console = logging.Services.Single(service => service.ImplementationType == typeof(ConsoleLoggerProvider));
        logging.Services.Remove(console);
        logging.Services.AddSingleton(services => new LogGate(ActivatorUtilities.CreateInstance<ConsoleLoggerProvider>(services)));
        logging.Services.AddSingleton<ILoggerProvider>(services => services.GetRequiredService<LogGate>());
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        var quiet = options.QuietLogs;
        logging.SetMinimumLevel(LogLevel.Warning);
        logging.AddFilter("OrleansTransfer", quiet ? LogLevel.Warning : LogLevel.Information);
        logging.AddFilter("Orleans.", quiet ? LogLevel.Error : LogLevel.Warning);
        // These repeat, with stack traces and several times a second, what the membership says of a silo that cannot be reached.
        foreach (var category in (string[])["GrainDirectory", "Messaging.ConnectionManager", "Metadata.ClusterManifestProvider"])
            logging.AddFilter($"Orleans.Runtime.{category}", LogLevel.Critical);
        // Why a node does not start reaches its user as an exception, in one sentence. The silo's category also advises server garbage collection at
        // every start, which costs memory and gains nothing where torch holds the data.
        logging.AddFilter("Orleans.Runtime.Silo", LogLevel.Critical);
        logging.AddFilter("Orleans.Runtime.SiloLifecycleSubject", LogLevel.Critical);
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        // Retries of placement that Orleans logs itself once they are in vain.
        logging.AddFilter("Polly", LogLevel.None);
        logging.AddFilter("Microsoft.Orleans", quiet ? LogLevel.Error : LogLevel.Warning);
    }

    private static void AddText(ILoggingBuilder logging) => logging.AddSimpleConsole(format =>
    {
        format.SingleLine = true;
        format.TimestampFormat = "HH:mm:ss.fff ";
        format.ColorBehavior = Console.IsErrorRedirected ? LoggerColorBehavior.Disabled : LoggerColorBehavior.Default;
    });

    private static void AddJson(ILoggingBuilder logging, NodeOptions options)
    {
        var connection = Environment.GetEnvironmentVariable(BlobContainers.ConnectionVariable);
        logging.Services.AddSingleton(new SecretMask(options.Redis, options.StateLocation, connection));
        logging.AddConsole(console => console.FormatterName = JsonLogFormatter.FormatterName);
        logging.AddConsoleFormatter<JsonLogFormatter, ConsoleFormatterOptions>();
    }
}
