using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using OrleansTransfer.Cluster.Sweeps;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cluster.Tests.Sweeps;

public sealed class SweepBookTests
{
    private static readonly SweepSubmission s_submission = new(
        "s", new() { Training = new() { Epochs = 3 } },
        new()
        {
            Space = [new("training.optimizer.learningRate", "log") { Low = 1e-4, High = 1e-1 }],
            Sampler = new("random"),
            Stopping = new("none"),
            Budget = new() { Trials = 4 },
        });

    private readonly FakeTimeProvider _time = new(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly List<string> _ledger = [];

    [Fact]
    public void Whoever_reads_the_ledger_has_the_same_sweep()
    {
        var book = Open();
        book.NoteOwner(Owner(1));
        var first = book.Study.Ask()!;
        book.NoteAttempt(first.Number, "s-t0");
        book.Study.Report(first.Number, 1, 0.5);
        var second = book.Study.Ask()!;
        book.NoteAttempt(second.Number, "s-t1");
        book.Study.Infeasible(second.Number, "too large");
        book.NoteSettled(second.Number, 12);
        book.NoteBudget(new() { Trials = 6, Hours = 2 });
        book.NoteState(SweepState.Paused, "paused by its user");
        Write(book);

        var read = Open();

        Assert.Equal(Text(book), Text(read));
        Assert.Equal([0], read.Unsettled);
        Assert.Equal(6, read.Study.Budget.Trials);
        Assert.Equal(book.Study.Ask()!.Configuration, read.Study.Ask()!.Configuration);
    }

    [Fact]
    public void Neither_pauses_nor_the_time_that_nobody_drove_it_count_as_time_it_ran()
    {
        var book = Open();
        book.NoteOwner(Owner(1));
        After(hours: 1, () => book.NoteState(SweepState.Paused, null));
        After(hours: 5, () => book.NoteState(SweepState.Running, null));
        After(hours: 1, () => book.NoteAttempt(book.Study.Ask()!.Number, "s-t0"));
        Write(book);

        // Its process died at once, and was missed three hours later.
        var next = Open();
        After(hours: 3, () => next.NoteOwner(Owner(2)));
        After(hours: 1, () => next.NoteSettled(0, 3600));
        Write(next);

        Assert.Equal(TimeSpan.FromHours(3), next.Active);
        _time.Advance(TimeSpan.FromMinutes(30));
        Assert.Equal(TimeSpan.FromHours(3.5), next.ActiveUntilNow);
        Assert.Equal(TimeSpan.FromHours(3), Open().Active);
        Assert.Equal(1, Open().Snapshot().DeviceHours);
    }

    [Fact]
    public void An_attempt_that_brought_a_step_is_told_from_one_that_did_not()
    {
        var book = Open();
        var trial = book.Study.Ask()!.Number;
        book.NoteAttempt(trial, "s-t0");
        book.NoteAttempt(trial, "s-t0", step: 40, fruitless: 0);
        book.NoteAttempt(trial, "s-t0", step: 40, fruitless: 1);
        Write(book);
        var facts = Open().FactsOf(trial)!;
        Assert.Equal((3, 40L, 1), (facts.Attempts, facts.Step, facts.Fruitless));
    }

    [Fact]
    public void Whose_weights_a_trial_went_on_with_is_in_the_ledger()
    {
        var population = s_submission with
        {
            Search = s_submission.Search with { Stopping = new("pbt") { Options = new Dictionary<string, double> { ["share"] = 0.5 } } },
        };
        var book = Open(population);
        foreach (var (number, accuracy) in new[] { (0, 0.9), (1, 0.1) })
        {
            book.NoteAttempt(book.Study.Ask()!.Number, $"s-t{number}");
            book.Study.Report(number, 1, accuracy);
        }
        var exploit = Assert.Single(book.Study.Get(1).Exploits);
        var decided = Assert.Single(book.Snapshot().Trials[1].Lineage);
        Assert.Equal((1, 0, (int?)null), (decided.Epoch, decided.From, decided.FromEpoch));
        book.NoteAttempt(1, "s-t1", step: 4, inherited: new(1, exploit.From, new("s-t0", "00000008-000001", 2, "ab12"), NextEvent: 17));
        Write(book);

        var read = Open(population);

        var origin = Assert.Single(read.Snapshot().Trials[1].Lineage);
        Assert.Equal((1, 0, 2, "00000008-000001"), (origin.Epoch, origin.From, origin.FromEpoch, origin.Checkpoint));
        Assert.Equal(SearchStudies.TextsOf(exploit.Before), origin.Before);
        Assert.NotEqual(origin.Before, read.Snapshot().Trials[1].Parameters);
        Assert.Equal((17L, 2), (read.FactsOf(1)!.NextEvent, read.FactsOf(1)!.Attempts));
        Assert.Contains("\"sha256\":\"ab12\"", string.Concat(_ledger));
    }

    [Fact]
    public void A_later_look_has_the_trials_that_changed_and_completes_an_earlier_one()
    {
        var book = Open();
        for (var number = 0; number < 3; number++) book.NoteAttempt(book.Study.Ask()!.Number, $"s-t{number}");
        var before = book.Snapshot();
        book.Study.Report(1, 1, 0.5);
        book.NoteAttempt(book.Study.Ask()!.Number, "s-t3");

        var changes = book.Snapshot(before.Revision);

        Assert.Equal([1, 3], changes.Trials.Select(trial => trial.Number));
        Assert.Equal(JsonSerializer.Serialize(book.Snapshot()), JsonSerializer.Serialize(changes.After(before)));
        Assert.Same(before.Trials[0], changes.After(before).Trials[0]);
        Assert.Empty(book.Snapshot(changes.Revision).Trials);
        Assert.Throws<ArgumentException>(() => changes.After(null));

        // Another book of the same ledger may have counted otherwise: it shows all there is.
        Write(book);
        foreach (var unknown in new[] { before.Revision, "", "x", null }) Assert.Equal(4, Open().Snapshot(unknown).Trials.Count);
    }

    private SweepBook Open() => Open(s_submission);

    private SweepBook Open(SweepSubmission submission) => new(submission, new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), [.. _ledger.Select(SweepEntry.Parse)], _time);

    private void Write(SweepBook book)
    {
        _ledger.AddRange(book.Unwritten.Select(entry => entry.ToJson()));
        book.Written(book.Unwritten.Count);
    }

    private void After(double hours, Action happens)
    {
        _time.Advance(TimeSpan.FromHours(hours));
        happens();
    }

    private ExperimentOwner Owner(int process) => new("machine", process, _time.GetUtcNow(), "http://127.0.0.1:8080", _time.GetUtcNow());

    private static string Text(SweepBook book) => JsonSerializer.Serialize(book.Snapshot() with { Revision = "" });
}
