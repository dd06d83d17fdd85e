namespace OrleansTransfer.Host.Tests.Upgrades;

/// <summary>Holds the project to the promise that nodes of one protocol understand each other, whatever their versions.</summary>
public sealed class SerializerManifestTests
{
    [Fact]
    public void This_build_says_all_that_the_stored_manifest_says_and_nothing_that_it_does_not()
    {
        var build = SerializerManifest.OfThisBuild;
        var file = Path.Combine(Root(), "tests", "OrleansTransfer.Host.Tests", "Upgrades", "serializer.manifest");
        var stored = SerializerManifest.Parse(File.ReadAllLines(file));

        var broken = stored.BrokenBy(build);
        Assert.True(broken.Count == 0, $"This build does not understand nodes of protocol {stored.Protocol}:\n{string.Join("\n", broken)}");
        if (Environment.GetEnvironmentVariable(SerializerManifest.UpdateVariable) == "1")
        {
            File.WriteAllLines(file, build.ToLines());
            return;
        }

        var added = stored.MissingFrom(build);
        Assert.True(
            added.Count == 0 && stored.Protocol == build.Protocol,
            $"This build says what the stored manifest does not have:\n{string.Join("\n", added)}\nIf that is meant, run {SerializerManifest.Command}");
    }

    [Fact]
    public void Every_serialized_type_and_grain_interface_and_method_has_an_alias_of_its_own()
    {
        var named = SerializerFacts.Serialized.Concat(SerializerFacts.Interfaces).ToList();
        Assert.NotEmpty(named);
        Assert.Equal([], named.Where(type => SerializerFacts.AliasOf(type) is null).Select(type => type.FullName));
        Assert.Equal([], named.GroupBy(type => SerializerFacts.AliasOf(type)).Where(group => group.Count() > 1).Select(group => group.Key));
        foreach (var type in SerializerFacts.Interfaces)
        {
            Assert.Equal([], type.GetMethods().Where(method => SerializerFacts.AliasOf(method) is null).Select(method => $"{type.Name}.{method.Name}"));
            Assert.Equal(type.GetMethods().Length, type.GetMethods().Select(SerializerFacts.AliasOf).Distinct().Count());
        }
    }

    [Fact]
    public void Every_id_of_a_type_is_there_once() => Assert.All(
        SerializerFacts.Serialized,
        type => Assert.Equal([], SerializerFacts.Members(type).GroupBy(member => member.Id).Where(group => group.Count() > 1).Select(group => group.Key)));

    [Fact]
    public void Facts_are_of_members_methods_enums_and_grains() => Assert.Superset(
        new HashSet<string>(
        [
            "member orleanstransfer.checkpoint-reference 0 = Step : Int64",
            "member orleanstransfer.worker-report 6 = Position : orleanstransfer.replica-position",
            "method orleanstransfer.ISchedulerGrain Withdraw = (String) : System.Threading.Tasks.Task",
            "enum OrleansTransfer.Contracts.Workers.WorkerDirective Halt = 2 : Int32",
            "grain experiment = orleanstransfer.IExperimentGrain",
        ]),
        SerializerFacts.All.ToHashSet());

    [Theory]
    [InlineData("member a 0 = Step : Int32", "'member a 0 = Step : Int64' is now 'member a 0 = Step : Int32'. Keep what was there and add a new member")]
    [InlineData("member a 1 = Step : Int64", "'member a 0 = Step : Int64' is gone.")]
    [InlineData("member a 0 = Steps : Int64", "is now 'member a 0 = Steps : Int64'")]
    public void A_changed_or_removed_fact_is_named_with_what_to_do(string now, string words)
    {
        var stored = new SerializerManifest(1, ["type a = class", "member a 0 = Step : Int64"]);

        var broken = Assert.Single(stored.BrokenBy(new(1, ["type a = class", now])));

        Assert.Contains(words, broken, StringComparison.Ordinal);
        Assert.Contains("raise ClusterVersion.Protocol", broken, StringComparison.Ordinal);
    }

    [Fact]
    public void An_addition_breaks_nothing_and_is_missed_in_the_manifest()
    {
        var stored = new SerializerManifest(1, ["type a = class"]);
        var build = new SerializerManifest(1, ["member a 0 = Step : Int64", "type a = class"]);

        Assert.Empty(stored.BrokenBy(build));
        Assert.Equal(["member a 0 = Step : Int64"], stored.MissingFrom(build));
        Assert.Equal(build.Facts, SerializerManifest.Parse(build.ToLines()).Facts);
    }

    [Fact]
    public void A_new_protocol_may_say_anything_and_an_old_one_never_comes_back()
    {
        var stored = new SerializerManifest(2, ["type a = class"]);

        Assert.Empty(stored.BrokenBy(new(3, [])));
        Assert.Contains("went back from 2 to 1", Assert.Single(stored.BrokenBy(new(1, stored.Facts))), StringComparison.Ordinal);
    }

    // From where the tests are built to: paths of source files are made anonymous in builds that can be repeated.
    private static string Root()
    {
        for (var folder = Path.GetDirectoryName(AppContext.BaseDirectory); folder is not null; folder = Path.GetDirectoryName(folder))
            if (File.Exists(Path.Combine(folder, "OrleansTransfer.sln"))) return folder;
        throw new InvalidOperationException($"{AppContext.BaseDirectory} is in no checkout of the repository.");
    }
}
