using Microsoft.Extensions.Logging;

namespace OrleansTransfer.Host.Logs;

/// <summary>
/// A node's log until the node is disposed. What of a silo does not stop in time, as one does not that is cut off from its cluster, logs on until the
/// process is gone; the last word is that of who says why the node ended.
/// </summary>
internal sealed class LogGate(ILoggerProvider inner) : ILoggerProvider, ISupportExternalScope
{
    // A message that has passed must be with the provider before that is closed: it writes later ones at once, after the last word.
    private readonly object _lock = new();
    private volatile bool _closed;

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Gated(this, inner.CreateLogger(categoryName));

    /// <inheritdoc/>
    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => (inner as ISupportExternalScope)?.SetScopeProvider(scopeProvider);

    /// <summary>Writes what was logged before, and nothing that is logged after.</summary>
    public void Dispose()
    {
        lock (_lock) _closed = true;
        inner.Dispose();
    }

    private sealed class Gated(LogGate gate, ILogger logger) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => logger.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => !gate._closed && logger.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (gate._lock)
            {
                if (!gate._closed) logger.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }
}
