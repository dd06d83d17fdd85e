using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>Signals that tests send.</summary>
internal enum Signal
{
    Interrupt = 2,
    Kill = 9,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}

/// <summary>A real <c>otx</c> process. It never outlives its owner, whatever happens to the test.</summary>
internal sealed partial class OtxProcess : IAsyncDisposable
{
    // Of the published program where OTX_TESTED says its folder, else of the one that was built beside the tests.
    private static readonly string s_program = Path.Combine(Environment.GetEnvironmentVariable("OTX_TESTED") ?? AppContext.BaseDirectory, "otx");

    private static readonly ConcurrentDictionary<OtxProcess, byte> s_alive = new();

    // Far above what anything here takes: a hang must fail its test, not the whole run.
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly StringBuilder _out = new(), _error = new();
    private readonly Task _read;
    private readonly object _gate = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    static OtxProcess() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (var process in s_alive.Keys) process.Send(Signal.Kill);
    };

    private OtxProcess(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment, string program)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        var own = start.Environment.Keys.Where(name => name.StartsWith("OTX_", StringComparison.Ordinal)).ToList();
        foreach (var name in own) start.Environment.Remove(name);

        // A test that wants weights says from where; no other opens a connection or finds what its user has.
        start.Environment["OTX_OFFLINE"] = "1";
        start.Environment["OTX_CACHE"] = Path.Combine(Path.GetTempPath(), "otx-e2e-empty");

        // The machine's cores belong to the tests' processes together.
        start.Environment["OMP_NUM_THREADS"] = "1";
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        CommandLine = $"otx {string.Join(' ', arguments)}";
        _process = Process.Start(start)!;
        s_alive[this] = 0;
        _process.StandardInput.Close();
        _read = Task.WhenAll(ReadAsync(_process.StandardOutput, _out), ReadAsync(_process.StandardError, _error));
    }

    public string CommandLine { get; }

    public string Out
    {
        get
        {
            lock (_gate) return _out.ToString();
        }
    }

    public string Error
    {
        get
        {
            lock (_gate) return _error.ToString();
        }
    }

    /// <summary>Starts it and returns at once.</summary>
    /// <param name="arguments">Of <c>otx</c>.</param>
    /// <param name="environment">Variables besides those of the tests.</param>
    /// <param name="program">Path of another release's <c>otx</c>; null for the one that is tested.</param>
    public static OtxProcess Start(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? program = null) =>
        new(arguments, environment, program ?? s_program);

    /// <summary>Starts it and waits for its end.</summary>
    public static Task<OtxResult> RunAsync(params IEnumerable<string> arguments) => RunAsync(null, arguments);

    /// <summary>Starts it in these surroundings and waits for its end.</summary>
    public static async Task<OtxResult> RunAsync(IReadOnlyDictionary<string, string>? environment, IEnumerable<string> arguments)
    {
        await using var process = Start(arguments, environment);
        return await process.WaitAsync(s_longest);
    }

    /// <summary>Waits for its end.</summary>
    public async Task<OtxResult> WaitAsync(TimeSpan deadline)
    {
        try
        {
            await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(deadline);
            await _read.WaitAsync(deadline);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"{CommandLine} still runs after {deadline.TotalSeconds:0} s.\n{Transcript}");
        }
        s_alive.TryRemove(this, out _);
        return new(CommandLine, _process.ExitCode, Out, Error);
    }

    /// <summary>Waits until standard output (or error, if asked) has a line that fits, and returns it.</summary>
    public async Task<string> WaitForLineAsync(Func<string, bool> fits, bool onError = false)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(s_longest);
        while (true)
        {
            Task changed;
            string text;
            lock (_gate) (changed, text) = (_changed.Task, (onError ? _error : _out).ToString());
            if (text.Split('\n')[..^1].FirstOrDefault(fits) is { } line) return line;
            if (_read.IsCompleted) Assert.Fail($"{CommandLine} ended without the line that was waited for.\n{Transcript}");
            try
            {
                await Task.WhenAny(changed, _read).WaitAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"{CommandLine} did not print the line that was waited for.\n{Transcript}");
            }
        }
    }

    public void Send(Signal signal)
    {
        // The id cannot belong to another process: this one is waited for only at its end.
        if (!_process.HasExited) _ = Kill(_process.Id, (int)signal);
    }

    public async ValueTask DisposeAsync()
    {
        Send(Signal.Kill);
        await _process.WaitForExitAsync();
        s_alive.TryRemove(this, out _);
        _process.Dispose();
    }

    /// <summary>Everything it said, for the message of a failed test.</summary>
    public string Transcript => $"stdout:\n{Out}\nstderr:\n{Error}";

    private async Task ReadAsync(StreamReader reader, StringBuilder text)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (_gate)
            {
                text.Append(line).Append('\n');
                _changed.SetResult();
                _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);
}
