using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OrleansTransfer.Host.Metrics;

/// <summary>The process metrics that Prometheus' own client libraries export, under their names.</summary>
internal static class ProcessInstruments
{
    public const string MeterName = "OrleansTransfer.Process";

    private static readonly Meter s_meter = new(MeterName);

    /// <summary>Makes sure the instruments exist.</summary>
    public static void Start() => _ = s_meter;

    static ProcessInstruments()
    {
        s_meter.CreateObservableCounter(
            "process_cpu_seconds", () => Environment.CpuUsage.TotalTime.TotalSeconds, "s", "User and system time of the process.");
        s_meter.CreateObservableGauge("process_resident_memory_bytes", () => Environment.WorkingSet, "By", "Memory of the process that is in RAM.");
        s_meter.CreateObservableGauge("process_start_time_seconds", StartTime, "s", "When the process started, in Unix time.");
    }

    private static double StartTime()
    {
        using var process = Process.GetCurrentProcess();
        return new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() / 1000.0;
    }
}
