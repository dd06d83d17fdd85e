using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Contracts.Tests.Sweeps;

public sealed class SearchPathsTests
{
    [Fact]
    public void Weights_files_that_are_a_choice_start_from_the_folder_and_all_else_stays()
    {
        var search = SearchPaths.MakeAbsolute(new()
        {
            Space =
            [
                new("model.weights", "choice") { Values = ["imagenet", "./a.safetensors", "/b.safetensors"] },
                new("transfer.unfreeze", "choice") { Values = ["./a"], WhenPath = "model.weights", WhenValues = ["./a.safetensors"] },
            ],
        }, "/data");
        Assert.Equal(["imagenet", "/data/a.safetensors", "/b.safetensors"], search.Space[0].Values);
        Assert.Equal(["./a"], search.Space[1].Values);
        Assert.Equal(["/data/a.safetensors"], search.Space[1].WhenValues);
    }
}
