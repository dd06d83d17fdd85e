using System.Runtime.InteropServices;

namespace OrleansTransfer.Cli.Terminal;

/// <summary>Ctrl-C and SIGTERM: the first asks the command to end, the second ends the process at once.</summary>
internal sealed class Interrupts : IDisposable
{
    private readonly CancellationTokenSource _interrupted = new();
    private readonly List<PosixSignalRegistration> _registrations = [];

    public Interrupts()
    {
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM])
            _registrations.Add(PosixSignalRegistration.Create(signal, OnSignal));
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _interrupted.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _interrupted.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (_interrupted.IsCancellationRequested) Environment.Exit(ExitCodes.Interrupted);

        // What the token wakes up runs inside Cancel: not on the thread that delivers the second signal.
        _ = Task.Run(_interrupted.Cancel);
    }
}
