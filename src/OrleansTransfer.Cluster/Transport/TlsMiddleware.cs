using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;
using Orleans.Runtime.Messaging;

namespace OrleansTransfer.Cluster.Transport;

/// <summary>Puts mutual TLS under a connection of Orleans.</summary>
/// <param name="certificates">What this process shows and takes.</param>
/// <param name="troubles">Is told what goes wrong.</param>
/// <param name="outgoing">Whether this process opens the connection.</param>
internal sealed class TlsMiddleware(NodeCertificates certificates, TlsTroubles troubles, bool outgoing) : IConnectionMiddleware
{
    // Bytes read at a time: two TLS records, so that a large message does not take thousands of turns.
    private const int BufferBytes = 32 * 1024;

    /// <inheritdoc/>
    public async Task OnConnectionAsync(ConnectionContext context, ConnectionDelegate next)
    {
        var transport = context.Transport;
        await using var tls = new SslStream(new DuplexStream(transport), leaveInnerStreamOpen: true);
        using (var deadline = CancellationTokenSource.CreateLinkedTokenSource(context.ConnectionClosed))
        {
            deadline.CancelAfter(TlsConnection.Limit);
            var peer = TlsConnection.Shown(context.RemoteEndPoint);
            try
            {
                if (outgoing) await TlsConnection.OpenAsync(tls, certificates, peer, deadline.Token);
                else if (!await TlsConnection.TakeAsync(tls, certificates, peer, deadline.Token)) return;
            }
            catch (AuthenticationException e)
            {
                troubles.Report(e.Message, outgoing);
                if (outgoing) throw;
                context.Abort(new ConnectionAbortedException(e.Message, e));
                return;
            }
        }

        var (input, output) = (
            PipeReader.Create(tls, new(bufferSize: BufferBytes, minimumReadSize: BufferBytes / 2, leaveOpen: true)),
            PipeWriter.Create(tls, new(leaveOpen: true)));
        context.Transport = new Pipes(input, output);
        try
        {
            await next(context);
        }
        finally
        {
            context.Transport = transport;
            await input.CompleteAsync();
            // What is left cannot be sent where the connection is gone.
            await output.CompleteAsync(context.ConnectionClosed.IsCancellationRequested ? new ConnectionAbortedException() : null);
        }
    }

    private sealed class Pipes(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
