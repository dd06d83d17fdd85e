using System.Diagnostics;

namespace OrleansTransfer.Learning.Tests.Data;

/// <summary>Runs the real Pillow where it is installed.</summary>
internal static class Pillow
{
    private const string Python = "/usr/bin/python3";

    public static void Run(string script, params string[] arguments)
    {
        if (!File.Exists(Python)) Assert.Skip("Python is not on this machine.");
        var (probe, _) = Execute("import PIL", []);
        if (probe != 0) Assert.Skip("Pillow is not on this machine.");
        var (code, error) = Execute(script, arguments);
        Assert.True(code == 0, error);
    }

    private static (int Code, string Error) Execute(string script, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Python, ["-c", script, .. arguments]) { RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, error);
    }
}
