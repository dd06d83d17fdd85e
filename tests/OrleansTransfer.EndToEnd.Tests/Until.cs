namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>Waits for what other processes bring about.</summary>
internal static class Until
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(90);

    /// <summary>Asks again and again until the answer is not null; fails the test after a minute and a half.</summary>
    public static async Task<T> NotNullAsync<T>(Func<T?> ask, string what, Func<string> transcript) where T : class
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(s_deadline);
        while (true)
        {
            if (ask() is { } answer) return answer;
            if (deadline.IsCancellationRequested) Assert.Fail($"Waited in vain for {what}.\n{transcript()}");
            await Task.Delay(10, CancellationToken.None);
        }
    }

    /// <summary>Asks again and again until the answer is yes.</summary>
    public static Task TrueAsync(Func<bool> ask, string what, Func<string> transcript) => NotNullAsync(() => ask() ? "yes" : null, what, transcript);
}
