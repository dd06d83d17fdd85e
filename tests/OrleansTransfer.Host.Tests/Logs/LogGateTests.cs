using Microsoft.Extensions.Logging;
using OrleansTransfer.Host.Logs;

namespace OrleansTransfer.Host.Tests.Logs;

public sealed class LogGateTests
{
    [Fact]
    public void What_is_logged_after_the_end_is_not_written()
    {
        var written = new Written();
        var gate = new LogGate(written);
        var logger = gate.CreateLogger("any");

        logger.LogWarning("before");
        gate.Dispose();
        logger.LogWarning("after");
        gate.CreateLogger("another").LogWarning("after, too");

        Assert.Equal(["before"], written.Lines);
        Assert.False(logger.IsEnabled(LogLevel.Critical));
        Assert.True(written.Disposed);
    }

    private sealed class Written : ILoggerProvider, ILogger
    {
        public List<string> Lines { get; } = [];

        public bool Disposed { get; private set; }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));

        public void Dispose() => Disposed = true;
    }
}
