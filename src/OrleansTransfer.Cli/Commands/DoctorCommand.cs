using System.CommandLine;
using OrleansTransfer.Cli.Api;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Host;
using OrleansTransfer.Host.Doctor;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx doctor</c>: looks at everything a node needs, and says of each thing that is wrong what to do.</summary>
internal static class DoctorCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var cluster = new Option<string?>("--cluster")
        {
            Description = "Address of a node of a running cluster, which is looked at too (OTX_CLUSTER).",
            HelpName = "URL",
        };
        var command = new Command("doctor", "Check what a node needs: container, Redis, ports, clock, devices, memory, disk, limits; starts nothing.")
        {
            cluster,
        };
        var access = new ApiAccessOptions(command);
        var settings = new NodeSettingOptions(command);
        var output = new OutputOption(command);
        command.SetAction((parse, stop) =>
        {
            var text = parse.GetValue(cluster) ?? EnvironmentVariables.Get("OTX_CLUSTER");
            var address = text is null ? null : ConnectionOptions.Address(text);
            return ExamineAsync(settings.Read(parse), address, access.Read(parse, address), output.Open(parse, streams), stop);
        });
        return command;
    }

    private static async Task<int> ExamineAsync(NodeOptions options, Uri? cluster, ApiAccess access, Output output, CancellationToken stop)
    {
        var results = new List<CheckResult>(await NodeDoctor.ExamineAsync(options, stop));
        if (cluster is not null) results.AddRange(await ClusterChecks.MakeAsync(cluster, access, stop));
        var failed = results.Count(result => result.State == CheckState.Failed);
        if (output.Json) output.Document(new { Healthy = failed == 0, Checks = results });
        else Print(results, failed, output);
        return failed == 0 ? ExitCodes.Done : ExitCodes.Failed;
    }

    private static void Print(IReadOnlyList<CheckResult> results, int failed, Output output)
    {
        var width = results.Max(result => result.Name.Length) + 2;
        foreach (var result in results)
        {
            output.Line($"{Mark(result.State),-9}{result.Name.PadRight(width)}{result.Found}");
            if (result.Fix is { } fix) output.Line($"{new string(' ', 9 + width)}-> {fix}");
        }

        var warnings = results.Count(result => result.State == CheckState.Warning);
        output.Line();
        output.Line(failed == 0 && warnings == 0
            ? $"All {results.Count} checks are well."
            : $"{results.Count} checks: {failed} failed, {warnings} with a warning.");
    }

    private static string Mark(CheckState state) => state.ToString().ToLowerInvariant();
}
