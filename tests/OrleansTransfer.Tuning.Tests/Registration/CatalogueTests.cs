using Microsoft.Extensions.DependencyInjection;
using OrleansTransfer.Tuning.Registration;
using OrleansTransfer.Tuning.Sampling;
using OrleansTransfer.Tuning.Stopping;

namespace OrleansTransfer.Tuning.Tests.Registration;

public class CatalogueTests
{
    [Fact]
    public void Every_algorithm_goes_by_its_name_and_has_a_summary()
    {
        Assert.All(Samplers.Names, name => Assert.Equal(name, Samplers.Create(name).Name));
        Assert.All(StoppingRules.Names, name => Assert.Equal(name, StoppingRules.Create(name).Name));
        Assert.All(Samplers.Names, name => Assert.NotEmpty(Samplers.BuiltIn.SummaryOf(name)));
    }

    [Fact]
    public void Every_problem_of_options_is_told_at_once()
    {
        var failure = Assert.Throws<TuningException>(() => Samplers.Create("tpe", new Dictionary<string, double>
        {
            ["startup"] = 2.5,
            ["good"] = 7,
            ["candidate"] = 3,
        }));
        Assert.Contains("tpe.startup: found 2.5; a whole number", failure.Message, StringComparison.Ordinal);
        Assert.Contains("tpe.good: found 7; 0.001 to 0.5", failure.Message, StringComparison.Ordinal);
        Assert.Contains("tpe.candidate: no such option; did you mean 'candidates'?", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_registered_already_stays()
    {
        var services = new ServiceCollection();
        services.AddTuning().AddTuning();
        Assert.Equal(2, services.Count);
        object? Registered(Type type) => services.Single(service => service.ServiceType == type).ImplementationInstance;
        Assert.Same(Samplers.BuiltIn, Registered(typeof(Catalogue<ISampler>)));
        Assert.Same(StoppingRules.BuiltIn, Registered(typeof(Catalogue<IStoppingRule>)));
    }
}
