using System.Collections.Concurrent;
using System.Diagnostics;

namespace OrleansTransfer.Learning.Tests;

/// <summary>Runs Debian's own Python, which tests compare with where it is installed.</summary>
internal static class Python
{
    private const string Executable = "/usr/bin/python3";

    private static readonly ConcurrentDictionary<string, bool> s_present = new(StringComparer.Ordinal);

    /// <summary>Runs <paramref name="script"/>; skips the test where one of the <paramref name="modules"/> (separated by commas) is absent.</summary>
    public static void Run(string modules, string script, params string[] arguments) => RunChecked(modules, ["-c", script, .. arguments]);

    /// <summary>Runs the program in the file <paramref name="path"/>, on the same condition.</summary>
    public static void RunFile(string modules, string path, params string[] arguments) => RunChecked(modules, [path, .. arguments]);

    private static void RunChecked(string modules, string[] arguments)
    {
        if (!File.Exists(Executable)) Assert.Skip("Python is not on this machine.");
        if (!s_present.GetOrAdd(modules, names => Execute(["-c", $"import {names}"]).Code == 0))
            Assert.Skip($"{Executable} lacks one of the modules {modules}.");
        var (code, said) = Execute(arguments);
        Assert.True(code == 0, said);
    }

    private static (int Code, string Said) Execute(string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(Executable, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, error + output.GetAwaiter().GetResult());
    }
}
