using System.Text;
using Microsoft.Extensions.Logging;

namespace OrleansTransfer.Gateway.Tests;

/// <summary>Keeps everything that is logged.</summary>
internal sealed class KeptLog : ILoggerProvider
{
    private readonly StringBuilder _text = new();

    public string Text
    {
        get
        {
            lock (_text) return _text.ToString();
        }
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(KeptLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull
        {
            Append($"scope {state}");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Append($"{logLevel} {formatter(state, exception)} {exception}");

        private void Append(string line)
        {
            lock (log._text) log._text.Append($"{category}: {line}\n");
        }
    }
}
