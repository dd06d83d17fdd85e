using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Text;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>A span as a collector receives it; times are nanoseconds of Unix time.</summary>
internal sealed record CollectedSpan(
    string TraceId, string Id, string ParentId, string Name, ulong Start, ulong End,
    IReadOnlyDictionary<string, string> Texts, IReadOnlyDictionary<string, long> Numbers);

/// <summary>A collector of traces, OTLP over HTTP in protobuf, on a free loopback port.</summary>
internal sealed class TraceCollector : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentQueue<CollectedSpan> _spans = new();
    private readonly Task _serving;

    public TraceCollector()
    {
        Address = $"http://127.0.0.1:{8080 + TestNode.FreeOffset()}";
        _listener.Prefixes.Add(Address + "/");
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>What <c>--otlp-endpoint</c> takes.</summary>
    public string Address { get; }

    /// <summary>All spans so far.</summary>
    public IReadOnlyList<CollectedSpan> Spans => [.. _spans];

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
        _listener.Close();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            using var body = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(body);
            if (context.Request.Url!.AbsolutePath == "/v1/traces") Take(body.ToArray());
            context.Response.ContentType = "application/x-protobuf";
            context.Response.Close();
        }
    }

    // ExportTraceServiceRequest.resource_spans = 1, ResourceSpans.scope_spans = 2, ScopeSpans.spans = 2.
    private void Take(byte[] request)
    {
        foreach (var resource in Messages(request, 1))
            foreach (var scope in Messages(resource, 2))
                foreach (var span in Messages(scope, 2))
                    _spans.Enqueue(ReadSpan(span));
    }

    private static CollectedSpan ReadSpan(byte[] span)
    {
        var fields = Fields(span).ToLookup(field => field.Number);
        var (texts, numbers) = (new Dictionary<string, string>(), new Dictionary<string, long>());
        foreach (var attribute in Messages(span, 9))
        {
            var pair = Fields(attribute).ToLookup(field => field.Number);
            var key = Encoding.UTF8.GetString(pair[1].First().Bytes);
            // AnyValue: string_value = 1, int_value = 3.
            foreach (var value in Fields(pair[2].First().Bytes))
            {
                if (value.Number == 1) texts[key] = Encoding.UTF8.GetString(value.Bytes);
                if (value.Number == 3) numbers[key] = (long)value.Value;
            }
        }

        string Hex(int number) => Convert.ToHexStringLower(fields[number].Select(field => field.Bytes).FirstOrDefault() ?? []);
        return new(
            Hex(1), Hex(2), Hex(4), Encoding.UTF8.GetString(fields[5].First().Bytes), fields[7].First().Value, fields[8].First().Value, texts, numbers);
    }

    private static IEnumerable<byte[]> Messages(byte[] message, int number) =>
        Fields(message).Where(field => field.Number == number).Select(field => field.Bytes);

    private static IEnumerable<(int Number, ulong Value, byte[] Bytes)> Fields(byte[] message)
    {
        for (var at = 0; at < message.Length;)
        {
            var tag = VarInt(message, ref at);
            var number = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    yield return (number, VarInt(message, ref at), []);
                    break;
                case 1:
                    yield return (number, BinaryPrimitives.ReadUInt64LittleEndian(message.AsSpan(at)), []);
                    at += 8;
                    break;
                case 2:
                    var length = (int)VarInt(message, ref at);
                    yield return (number, 0, message[at..(at + length)]);
                    at += length;
                    break;
                case 5:
                    yield return (number, BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(at)), []);
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"Field {number} has wire type {tag & 7}.");
            }
        }
    }

    private static ulong VarInt(byte[] message, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var part = message[at++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return value;
        }
    }
}
