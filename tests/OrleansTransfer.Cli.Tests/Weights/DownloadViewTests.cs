using OrleansTransfer.Cli.Weights;
using OrleansTransfer.Learning.Weights.Cache;

namespace OrleansTransfer.Cli.Tests.Weights;

public class DownloadViewTests
{
    private const long Total = 100_000_000;

    [Fact]
    public void Where_nobody_watches_there_is_a_line_per_tenth_of_the_file_and_one_per_event()
    {
        var streams = new RecordedStreams();
        Download(new DownloadView(streams), resumeAt: 25);
        var lines = streams.ErrorText.TrimEnd().Split('\n');
        Assert.Equal("w: going on", lines[0]);
        Assert.Equal(
            Enumerable.Range(3, 8).Select(tenth => $"w: {tenth * 10}.0 of 100.0 MB ({tenth * 10} %), 2.0 MB/s, 0:00:{50 - tenth * 5:00} left"),
            lines[1..^1]);
        Assert.Equal("w: done", lines[^1]);
        Assert.DoesNotContain('\r', streams.ErrorText);
    }

    [Fact]
    public void On_a_terminal_one_line_moves_and_is_wiped_before_anything_else_is_said()
    {
        var streams = new RecordedStreams { ErrorIsTerminal = true };
        Download(new DownloadView(streams), resumeAt: 0);
        Assert.Equal(2, streams.ErrorText.Count(c => c == '\n'));
        Assert.Contains("\rw: 57.0 of 100.0 MB (57 %), 2.0 MB/s, 0:00:21 left", streams.ErrorText);
        Assert.EndsWith(" \rw: done", streams.ErrorText.TrimEnd());
    }

    [Fact]
    public void A_file_of_unknown_size_is_counted_in_megabytes()
    {
        var streams = new RecordedStreams();
        var view = new DownloadView(streams);
        view.Report(new("w", WeightProgressKind.Started, 0, null, 0, "w: begins"));
        for (var megabytes = 1; megabytes <= 130; megabytes++)
            view.Report(new("w", WeightProgressKind.Receiving, megabytes * 1_000_000L, null, 0, ""));
        Assert.Equal(["w: begins", "w: 64.0 MB", "w: 128.0 MB"], streams.ErrorText.TrimEnd().Split('\n'));
    }

    private static void Download(DownloadView view, int resumeAt)
    {
        view.Report(new("w", WeightProgressKind.Started, resumeAt * 1_000_000L, Total, 0, "w: going on"));
        for (var megabytes = resumeAt + 1; megabytes <= 100; megabytes++)
            view.Report(new("w", WeightProgressKind.Receiving, megabytes * 1_000_000L, Total, 2e6, ""));
        view.Report(new("w", WeightProgressKind.Finished, Total, Total, 0, "w: done"));
    }
}
