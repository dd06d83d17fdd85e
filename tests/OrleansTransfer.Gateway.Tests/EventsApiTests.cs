using System.Net;
using System.Text.Json;
using Orleans.Runtime;
using OrleansTransfer.Contracts.Experiments;

namespace OrleansTransfer.Gateway.Tests;

public sealed class EventsApiTests : IAsyncLifetime
{
    private ApiServer _server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await ApiServer.StartAsync();
        _server.Experiments.Experiments.Add(new() { Id = "leaves-3f9a" });
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task History_is_sent_and_the_stream_ends_with_it()
    {
        Happen(1, 2, 3);
        _server.Experiments.Events.Writer.Complete();

        using var answer = await _server.Http.GetAsync("experiments/leaves/events?from=2", Token);

        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        var parts = (await answer.Content.ReadAsStringAsync(Token)).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["id: 2", "id: 3"], parts.Select(part => part.Split('\n')[0]));
        var data = parts[0].Split('\n')[1];
        Assert.StartsWith("data: {", data, StringComparison.Ordinal);
        Assert.Equal(2, JsonSerializer.Deserialize<ExperimentEvent>(data["data: ".Length..], ApiJson.Options)!.Sequence);
        Assert.False(_server.Experiments.Followed);
    }

    [Fact]
    public async Task A_reader_that_comes_back_goes_on_after_the_last_event_it_saw()
    {
        Happen(1, 2, 3);
        _server.Experiments.Events.Writer.Complete();
        using var request = new HttpRequestMessage(HttpMethod.Get, "experiments/leaves/events?from=1") { Headers = { { "Last-Event-ID", "2" } } };

        using var answer = await _server.Http.SendAsync(request, Token);

        Assert.StartsWith("id: 3", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_idle_stream_is_kept_alive_and_events_arrive_at_once()
    {
        using var reader = new StreamReader(await _server.Http.GetStreamAsync("experiments/leaves/events?follow=true", Token));

        Assert.Equal(": keep-alive", await reader.ReadLineAsync(Token));
        Assert.Equal("", await reader.ReadLineAsync(Token));
        Happen(1);
        Assert.Equal("id: 1", await reader.ReadLineAsync(Token));
        Assert.True(_server.Experiments.Followed);
    }

    [Fact]
    public async Task A_node_that_stops_ends_its_streams()
    {
        using var reader = new StreamReader(await _server.Http.GetStreamAsync("experiments/leaves/events?follow=true", Token));
        Happen(1);
        Assert.Equal("id: 1", await reader.ReadLineAsync(Token));

        await _server.StopAsync(Token).WaitAsync(TimeSpan.FromSeconds(2), Token);
    }

    [Fact]
    public async Task Trouble_in_the_middle_of_a_stream_is_an_event()
    {
        Happen(1);
        _server.Experiments.Events.Writer.Complete(new OrleansException("No silo."));

        var text = await _server.Http.GetStringAsync("experiments/leaves/events?follow=true", Token);

        Assert.Contains("event: error\ndata: {\"message\":", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_experiment_has_no_stream()
    {
        using var answer = await _server.Http.GetAsync("experiments/nope/events", Token);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    private void Happen(params long[] sequences)
    {
        foreach (var sequence in sequences)
            Assert.True(_server.Experiments.Events.Writer.TryWrite(new() { Sequence = sequence, Kind = "step", Time = DateTimeOffset.UnixEpoch }));
    }
}
