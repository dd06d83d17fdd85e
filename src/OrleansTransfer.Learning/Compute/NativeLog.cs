using System.Runtime.InteropServices;
using TorchSharp;

namespace OrleansTransfer.Learning.Compute;

/// <summary>What libtorch itself writes to standard error.</summary>
internal static class NativeLog
{
    private const int Error = 2;

    /// <summary>
    /// Leaves out what is not an error, unless TORCH_CPP_LOG_LEVEL is set. On processors that NNPACK does not know, libtorch warns of it in every step
    /// with less than 16 samples, thousands of times a run, and computes otherwise. It reads the variable only inside Python: here its log level is
    /// set where it is.
    /// </summary>
    public static unsafe void LeaveOutWarnings()
    {
        if (Environment.GetEnvironmentVariable("TORCH_CPP_LOG_LEVEL") is { Length: > 0 }) return;
        if (!NativeLibrary.TryLoad("c10", typeof(torch).Assembly, null, out var library)) return;
        if (NativeLibrary.TryGetExport(library, "FLAGS_caffe2_log_level", out var level)) *(int*)level = Error;
    }
}
