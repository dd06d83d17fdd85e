using System.Runtime.InteropServices;
using TorchSharp;

namespace OrleansTransfer.Learning.Compute;

/// <summary>
/// Keeps libtorch's own warnings off standard error. On a CPU that NNPACK does not know, libtorch says so again with every convolution of a small batch on one
/// thread: hundreds of lines a second, between which a user's own messages drown.
/// </summary>
internal static class LibTorchLog
{
    // c10/util/Logging.h: INFO is 0, WARNING (the default) 1, ERROR 2.
    private const int Error = 2;

    /// <summary>Lets errors through and nothing less. Does nothing where libtorch is built without this variable.</summary>
    public static unsafe void ErrorsOnly()
    {
        if (NativeLibrary.TryLoad("libc10", typeof(torch).Assembly, null, out var library)
            && NativeLibrary.TryGetExport(library, "FLAGS_caffe2_log_level", out var level))
            *(int*)level = Error;
    }
}
