using OrleansTransfer.Learning.Training;

namespace OrleansTransfer.Learning.Tests.Training;

public class SchedulesTests
{
    [Theory]
    [InlineData(ScheduleKind.Constant, 0, 1)]
    [InlineData(ScheduleKind.Constant, 99, 1)]
    [InlineData(ScheduleKind.Cosine, 0, 1)]
    [InlineData(ScheduleKind.Cosine, 50, 0.5)]
    [InlineData(ScheduleKind.Cosine, 99, 0.000246719)]
    [InlineData(ScheduleKind.OneCycle, 0, 0.04)]
    [InlineData(ScheduleKind.OneCycle, 25, 1)]
    [InlineData(ScheduleKind.Step, 33, 1)]
    [InlineData(ScheduleKind.Step, 34, 0.1)]
    [InlineData(ScheduleKind.Step, 67, 0.01)]
    public void Factor_follows_the_shape(ScheduleKind kind, int step, double expected) =>
        Assert.Equal(expected, Schedules.Factor(kind, step, 100), 1e-6);

    [Theory]
    [InlineData(ScheduleKind.Constant)]
    [InlineData(ScheduleKind.Cosine)]
    [InlineData(ScheduleKind.OneCycle)]
    [InlineData(ScheduleKind.Step)]
    public void Factor_stays_above_0_and_reaches_1(ScheduleKind kind)
    {
        for (var steps = 4; steps <= 64; steps += 4)
        {
            var factors = Enumerable.Range(0, steps).Select(step => Schedules.Factor(kind, step, steps)).ToList();
            Assert.All(factors, factor => Assert.InRange(factor, double.Epsilon, 1));
            Assert.Equal(1, factors.Max(), 1e-12);
        }
    }

    [Fact]
    public void A_step_outside_the_phase_is_an_error() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Schedules.Factor(ScheduleKind.Cosine, 10, 10));
}
