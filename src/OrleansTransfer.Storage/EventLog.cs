using System.Globalization;
using System.Runtime.CompilerServices;

namespace OrleansTransfer.Storage;

/// <summary>A piece of an experiment's history.</summary>
/// <param name="Number">From 0, without gaps.</param>
/// <param name="Lines">One JSON document each.</param>
public sealed record EventPiece(int Number, IReadOnlyList<string> Lines);

/// <summary>
/// An append-only history, in numbered pieces that are never rewritten. It has one writer: whoever finds the next number taken has lost what the history
/// is of to someone else.
/// </summary>
public sealed class EventLog
{
    private readonly IBlobContainer _container;
    private readonly Func<int, string> _nameOf;
    private readonly SemaphoreSlim _appending = new(1, 1);
    private int? _next;

    /// <summary>The history of <paramref name="experimentId"/> in <paramref name="container"/>.</summary>
    public EventLog(IBlobContainer container, string experimentId) : this(container, experimentId, BlobLayout.Events)
    {
    }

    /// <summary>The history of <paramref name="id"/> in <paramref name="container"/>.</summary>
    /// <param name="nameOf">Name of a piece, of id and number.</param>
    public EventLog(IBlobContainer container, string id, Func<string, int, string> nameOf)
    {
        ArgumentNullException.ThrowIfNull(container);
        BlobName.ValidateSingle(id);
        _container = container;
        _nameOf = number => nameOf(id, number);
    }

    /// <summary>Writes the lines as the next piece. The first call lists what is there; later ones cost one write each, so batch the lines.</summary>
    /// <returns>The number of the piece.</returns>
    /// <exception cref="BlobConflictException">Someone else has written that piece: they own the history, and this writer must stop.</exception>
    public async Task<int> AppendAsync(IReadOnlyList<string> jsonLines, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(jsonLines);
        if (jsonLines.Count == 0)
            throw new ArgumentException("There is nothing to append.", nameof(jsonLines));
        if (jsonLines.FirstOrDefault(line => string.IsNullOrEmpty(line) || line.AsSpan().ContainsAny('\r', '\n')) is { } bad)
            throw new ArgumentException($"An event is one line of JSON, which '{bad}' is not.", nameof(jsonLines));
        await _appending.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var number = _next ??= await FindNextAsync(cancellationToken).ConfigureAwait(false);
            var content = BinaryData.FromString(string.Join('\n', jsonLines) + "\n");
            await _container.WriteAsync(_nameOf(number), content.ToStream(), BlobCondition.IfNew, cancellationToken)
                .ConfigureAwait(false);
            _next = number + 1;
            return number;
        }
        finally
        {
            _appending.Release();
        }
    }

    /// <summary>Reads the pieces that exist now, from number <paramref name="from"/> on, in order.</summary>
    public async IAsyncEnumerable<EventPiece> ReadAsync(int from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var number in NumbersAsync(cancellationToken).ConfigureAwait(false))
        {
            if (number < from)
                continue;
            if (await _container.ReadAsync(_nameOf(number), cancellationToken).ConfigureAwait(false) is { } piece)
                yield return new EventPiece(number, piece.Content.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
    }

    /// <summary>
    /// Reads pieces from number <paramref name="from"/> on until one is missing; what is appended then follows them. Lists nothing: the cost does not
    /// grow with the history.
    /// </summary>
    public async IAsyncEnumerable<EventPiece> ReadOnAsync(int from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        var number = from;
        for (; await _container.ReadAsync(_nameOf(number), cancellationToken).ConfigureAwait(false) is { } piece; number++)
            yield return new EventPiece(number, piece.Content.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        _next = number;
    }

    private async Task<int> FindNextAsync(CancellationToken cancellationToken)
    {
        var next = 0;
        await foreach (var number in NumbersAsync(cancellationToken).ConfigureAwait(false))
            next = number + 1;
        return next;
    }

    private async IAsyncEnumerable<int> NumbersAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var first = _nameOf(0);
        var prefix = first[..(first.LastIndexOf('/') + 1)];
        await foreach (var blob in _container.ListAsync(prefix, cancellationToken).ConfigureAwait(false))
        {
            if (int.TryParse(Path.GetFileNameWithoutExtension(blob.Name), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && blob.Name == _nameOf(number))
            {
                yield return number;
            }
        }
    }
}
