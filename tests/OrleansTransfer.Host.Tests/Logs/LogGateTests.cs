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

    [Fact]
    public async Task The_end_waits_for_what_is_being_written()
    {
        using var goesOn = new SemaphoreSlim(0);
        using var begun = new SemaphoreSlim(0);
        var written = new Written
        {
            Writing = () =>
            {
                begun.Release();
                goesOn.Wait();
            },
        };
        var gate = new LogGate(written);
        var logging = Task.Run(() => gate.CreateLogger("any").LogWarning("before"), TestContext.Current.CancellationToken);
        await begun.WaitAsync(TestContext.Current.CancellationToken);

        var ending = Task.Run(gate.Dispose, TestContext.Current.CancellationToken);
        await Task.WhenAny(ending, Task.Delay(100, TestContext.Current.CancellationToken));
        goesOn.Release();
        await Task.WhenAll(logging, ending);

        Assert.Equal(["before"], written.Lines);
    }

    private sealed class Written : ILoggerProvider, ILogger
    {
        public List<string> Lines { get; } = [];

        public Action Writing { get; init; } = () => { };

        public bool Disposed { get; private set; }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Writing();
            Lines.Add(Disposed ? "after the end" : formatter(state, exception));
        }

        public void Dispose() => Disposed = true;
    }
}
