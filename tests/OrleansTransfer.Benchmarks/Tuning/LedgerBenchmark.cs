using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using OrleansTransfer.Cluster.Sweeps;
using OrleansTransfer.Contracts.Sweeps;
using OrleansTransfer.Storage;
using OrleansTransfer.Tuning;
using OrleansTransfer.Tuning.Stopping;
using OrleansTransfer.Tuning.Trials;
using EventLog = OrleansTransfer.Storage.EventLog;

namespace OrleansTransfer.Benchmarks.Tuning;

/// <summary>
/// What a sweep costs whose ledger is long: a decision (a measurement is judged, or a trial suggested, and noted), a look at what has changed, a look
/// at all of it, and reading the ledger in a process that takes over. Options: <c>--entries 10000,100000,1000000 --samplers random,tpe</c>.
/// </summary>
internal static class LedgerBenchmark
{
    private const int Devices = 16, Decisions = 2000, Looks = 50, EntriesPerPiece = 64;

    public static async Task RunAsync(Options options)
    {
        foreach (var sampler in options.Text("samplers", "random,tpe").Split(','))
            foreach (var entries in options.Numbers("entries", 10_000, 100_000, 1_000_000)) await MeasureAsync(sampler, (int)entries);
    }

    private static async Task MeasureAsync(string sampler, int entries)
    {
        var folder = Directory.CreateTempSubdirectory("otx-ledger-").FullName;
        try
        {
            var submission = Submission(sampler);
            var sweep = new BookOfSweep(submission);
            sweep.Fill(entries);
            var decisions = sweep.Decide(Decisions);
            var revision = sweep.Book.Snapshot().Revision;
            List<double> changes = [], wholes = [];
            for (var i = 0; i < Looks; i++)
            {
                sweep.Decide(Devices);
                changes.Add(Milliseconds(() => revision = sweep.Book.Snapshot(revision).Revision));
                if (i % 10 == 0) wholes.Add(Milliseconds(() => sweep.Book.Snapshot()));
            }
            var container = new FolderBlobContainer(folder);
            var ledger = new EventLog(container, submission.Id, BlobLayout.Ledger, BlobLayout.LedgerChapter);
            foreach (var piece in sweep.Ledger.Chunk(EntriesPerPiece)) await ledger.AppendAsync(piece, CancellationToken.None);
            var started = Stopwatch.GetTimestamp();
            var read = new List<SweepEntry>();
            await foreach (var piece in new EventLog(container, submission.Id, BlobLayout.Ledger, BlobLayout.LedgerChapter).ReadOnAsync(0, CancellationToken.None))
                read.AddRange(piece.Lines.Select(SweepEntry.Parse));
            var book = new SweepBook(submission, DateTimeOffset.UnixEpoch, read, TimeProvider.System);
            var taken = Stopwatch.GetElapsedTime(started);
            if (book.Study.Count != sweep.Book.Study.Count) throw new InvalidOperationException("The ledger says something else than the book.");
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                benchmark = "tuning",
                part = "ledger",
                sampler,
                entries = sweep.Ledger.Count,
                trials = book.Study.Count,
                medianDecisionMicroseconds = Math.Round(Median(decisions), 1),
                meanDecisionMicroseconds = Math.Round(decisions.Average(), 1),
                worstDecisionMilliseconds = Math.Round(decisions.Max() / 1000, 2),
                changesMilliseconds = Math.Round(Median(changes), 3),
                wholeLookMilliseconds = Math.Round(Median(wholes), 2),
                readingSeconds = Math.Round(taken.TotalSeconds, 2),
                readingMicrosecondsPerEntry = Math.Round(taken.TotalMicroseconds / read.Count, 2),
            }));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static SweepSubmission Submission(string sampler) => new(
        "search", new() { Training = new() { Epochs = LearningCurve.Epochs } },
        new()
        {
            Space =
            [
                new("training.optimizer.learningRate", "log") { Low = 1e-5, High = 1 }, new("training.batchSize", "int") { Low = 8, High = 512 },
                new("model.head.dropout", "uniform") { Low = 0, High = 0.8 },
                new("training.optimizer.weightDecay", "log") { Low = 1e-6, High = 1e-1 },
            ],
            Goal = "minimise",
            Sampler = new(sampler),
            Stopping = new("asha"),
            Budget = new() { Trials = int.MaxValue / 4 },
        });

    private static double Milliseconds(Action action)
    {
        var started = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    /// <summary>A book that is driven like a sweep's: every device has a trial, and all report in turn.</summary>
    private sealed class BookOfSweep
    {
        private readonly Queue<int> _training = new();
        private readonly List<string> _ledger = [];

        public BookOfSweep(SweepSubmission submission) => Book = new(submission, DateTimeOffset.UnixEpoch, [], TimeProvider.System);

        public SweepBook Book { get; private set; }

        public IReadOnlyList<string> Ledger => _ledger;

        /// <summary>Decides until the ledger has so many entries. With a sampler at random, which is fast; they count like any others.</summary>
        public void Fill(int entries)
        {
            var submission = Submission("random");
            var fast = new SweepBook(submission, DateTimeOffset.UnixEpoch, [], TimeProvider.System);
            var book = Book;
            Book = fast;
            while (_ledger.Count < entries) Decide(1);
            Book = new(Submission(book.Search.Sampler.Type), DateTimeOffset.UnixEpoch, [.. _ledger.Select(SweepEntry.Parse)], TimeProvider.System);
        }

        /// <summary>Makes decisions and returns what each took, in microseconds, with all that a tick of the grain asks of its book.</summary>
        public List<double> Decide(int count)
        {
            var times = new List<double>(count);
            for (var i = 0; i < count; i++)
            {
                var started = Stopwatch.GetTimestamp();
                _ = (Book.Unsettled, Book.DeviceSeconds, Book.Study.Running, Book.Study.Best, Book.Study.CountOf(TrialState.Infeasible), Book.Study.Ended(100));
                if (_training.Count < Devices) Begin();
                else Report();
                times.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds);
                _ledger.AddRange(Book.Unwritten.Select(entry => entry.ToJson()));
                Book.Written(Book.Unwritten.Count);
            }
            return times;
        }

        private void Begin()
        {
            var step = Book.Study.Next();
            if (step.Kind is not (NextStepKind.Start or NextStepKind.Resume)) throw new InvalidOperationException(step.Reason);
            Book.NoteAttempt(step.Trial!.Number, $"search-t{step.Trial.Number}");
            _training.Enqueue(step.Trial.Number);
        }

        private void Report()
        {
            var trial = Book.Study.Get(_training.Dequeue());
            var (rate, epoch) = (trial.Configuration["training.optimizer.learningRate"].Number, trial.Epochs + 1);
            var error = 0.1 + Math.Abs(Math.Log10(rate) + 3) / 10 + 1.0 / epoch;
            var decision = Book.Study.Report(trial.Number, epoch, error);
            if (decision.Kind == DecisionKind.Finish) Book.Study.Tell(trial.Number, error);
            if (decision.Kind is DecisionKind.Continue) _training.Enqueue(trial.Number);
            else Book.NoteSettled(trial.Number, 1);
        }
    }
}
