using System.Globalization;
using System.Runtime.CompilerServices;

namespace OrleansTransfer.Storage;

/// <summary>A piece of an experiment's history.</summary>
/// <param name="Number">From 0, without gaps.</param>
/// <param name="Lines">One JSON document each.</param>
public sealed record EventPiece(int Number, IReadOnlyList<string> Lines);

/// <summary>
/// An append-only history, in numbered pieces that are never rewritten. One that may grow long also has chapters: copies of
/// <see cref="ChapterLength"/> pieces each, written once they are complete, from which it is read in a thousandth of the reads. It has one writer:
/// whoever finds the next number taken has lost what the history is of to someone else.
/// </summary>
public sealed class EventLog
{
    /// <summary>Pieces in a chapter.</summary>
    public const int ChapterLength = 1000;

    private const int MostComplete = 4;

    private readonly IBlobContainer _container;
    private readonly Func<int, string> _nameOf;
    private readonly Func<int, string>? _chapterOf;
    private readonly SemaphoreSlim _appending = new(1, 1);
    private readonly List<IReadOnlyList<string>> _chapter = [];

    // Read piece by piece, for whoever was to write them died before; the next one to append writes them. Readers write nothing.
    private readonly Queue<(int Number, string Content)> _complete = [];
    private int? _next;

    /// <summary>The history of <paramref name="experimentId"/> in <paramref name="container"/>.</summary>
    public EventLog(IBlobContainer container, string experimentId) : this(container, experimentId, BlobLayout.Events)
    {
    }

    /// <summary>The history of <paramref name="id"/> in <paramref name="container"/>.</summary>
    /// <param name="container">Where it is.</param>
    /// <param name="id">What it is the history of.</param>
    /// <param name="nameOf">Name of a piece, of id and number.</param>
    /// <param name="chapterOf">Name of a chapter, of id and number; null for a history without chapters.</param>
    public EventLog(IBlobContainer container, string id, Func<string, int, string> nameOf, Func<string, int, string>? chapterOf = null)
    {
        ArgumentNullException.ThrowIfNull(container);
        BlobName.ValidateSingle(id);
        _container = container;
        _nameOf = number => nameOf(id, number);
        _chapterOf = chapterOf is null ? null : number => chapterOf(id, number);
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
            Gather(new(number, jsonLines));
            await WriteChaptersAsync(cancellationToken).ConfigureAwait(false);
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
        _chapter.Clear();
        _complete.Clear();
        while (_chapterOf is not null && number % ChapterLength == 0
            && await _container.ReadAsync(_chapterOf(number / ChapterLength), cancellationToken).ConfigureAwait(false) is { } chapter)
        {
            // One piece to whoever reads: its number is that of the last one in it.
            number += ChapterLength;
            yield return new EventPiece(number - 1, chapter.Content.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
        for (; await _container.ReadAsync(_nameOf(number), cancellationToken).ConfigureAwait(false) is { } read; number++)
        {
            var piece = new EventPiece(number, read.Content.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
            Gather(piece);
            yield return piece;
        }
        _next = number;
    }

    private void Gather(EventPiece piece)
    {
        if (_chapterOf is null) return;
        if (piece.Number % ChapterLength == 0) _chapter.Clear();
        else if (_chapter.Count != piece.Number % ChapterLength) return;
        _chapter.Add(piece.Lines);
        if (_chapter.Count < ChapterLength) return;
        if (_complete.Count < MostComplete)
            _complete.Enqueue((piece.Number / ChapterLength, string.Join('\n', _chapter.SelectMany(lines => lines)) + "\n"));
        _chapter.Clear();
    }

    private async Task WriteChaptersAsync(CancellationToken cancellationToken)
    {
        while (_complete.TryPeek(out var chapter))
        {
            try
            {
                using var content = BinaryData.FromString(chapter.Content).ToStream();
                await _container.WriteAsync(_chapterOf!(chapter.Number), content, BlobCondition.IfNew, cancellationToken).ConfigureAwait(false);
            }
            catch (BlobConflictException)
            {
                // It is there, and says the same.
            }
            catch (IOException)
            {
                // The pieces are there, and what was appended must not seem not to be: the copy is made with the next append.
                return;
            }
            _complete.Dequeue();
        }
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
