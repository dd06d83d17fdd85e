using OrleansTransfer.Cluster.Membership;
using OrleansTransfer.Contracts.Workers;

namespace OrleansTransfer.Cluster.Tests.Membership;

public class GroupPolicyTests
{
    private static readonly WorkerAddress s_a = new("n1", "cpu:0"), s_b = new("n2", "cpu:0"), s_c = new("n3", "cpu:0"), s_d = new("n4", "cpu:0");
    private static readonly ReplicaPosition s_at7 = new(0, 7, 7), s_at8 = new(0, 8, 8);
    private static readonly GroupOptions s_options = new();

    [Fact]
    public void A_group_opens_when_all_have_loaded_and_not_before()
    {
        var start = new ReplicaPosition(0, 0, 0);
        var wait = Decide<GroupDecision.Wait>(GroupStage.Gathering, [Ready(s_a, start), Member(s_b, WorkerPhase.Loading)]);
        Assert.Contains("n2/cpu:0 (rank 1)", wait.Reason);
        var open = Decide<GroupDecision.Open>(GroupStage.Gathering, [Ready(s_a, start), Ready(s_b, start)]);
        Assert.Equal([s_a, s_b], open.Group);
        Assert.Equal((start, null), (open.From, open.Source));
    }

    [Fact]
    public void Who_dies_while_loading_is_done_without_if_enough_are_left()
    {
        var start = new ReplicaPosition(0, 0, 0);
        var members = new[] { Ready(s_a, start), Ready(s_b, start) with { NodeGone = true } };
        Assert.Equal([s_a], Decide<GroupDecision.Open>(GroupStage.Gathering, members).Group);
        Assert.Contains("n2", Decide<GroupDecision.Requeue>(GroupStage.Gathering, members, least: 2).Reason);
    }

    [Fact]
    public void A_lost_node_ends_the_generation_and_the_survivors_go_on_from_the_step_they_stand_at()
    {
        MemberView[] members = [Training(s_a), Training(s_b) with { NodeGone = true }, Training(s_c)];
        Assert.Contains("node n2 is gone", Decide<GroupDecision.Halt>(GroupStage.Training, members).Reason);

        var wait = Decide<GroupDecision.Wait>(GroupStage.Halting, [Halted(s_a, s_at7), members[1], Training(s_c)]);
        Assert.Contains("n3/cpu:0 (rank 2)", wait.Reason);

        var open = Decide<GroupDecision.Open>(GroupStage.Halting, [Halted(s_a, s_at7), members[1], Halted(s_c, s_at7)]);
        Assert.Equal([s_a, s_c], open.Group);
        Assert.Equal((s_at7, null, "node-lost"), (open.From, open.Source, open.Kind));
        Assert.Equal(s_b, Assert.Single(open.Departed).Worker);
    }

    [Fact]
    public void Whoever_did_the_step_gives_it_to_those_who_did_not()
    {
        var open = Decide<GroupDecision.Open>(
            GroupStage.Halting, [Halted(s_a, s_at7), Training(s_b) with { NodeGone = true }, Halted(s_c, s_at8)]);
        Assert.Equal((s_at8, s_c), (open.From, open.Source));
    }

    [Fact]
    public void The_end_of_an_epochs_evaluation_is_later_than_its_last_step()
    {
        ReplicaPosition evaluated = new(1, 0, 8), trained = new(0, 8, 8);
        var open = Decide<GroupDecision.Open>(
            GroupStage.Halting, [Halted(s_a, trained), Halted(s_b, evaluated), Training(s_c) with { NodeGone = true }]);
        Assert.Equal((evaluated, s_b), (open.From, open.Source));
    }

    [Fact]
    public void Simultaneous_deaths_make_one_change_of_membership()
    {
        var open = Decide<GroupDecision.Open>(
            GroupStage.Halting,
            [Training(s_a) with { NodeGone = true }, Training(s_b) with { NodeGone = true }, Halted(s_c, s_at7), Halted(s_d, s_at7)]);
        Assert.Equal([s_c, s_d], open.Group);
        Assert.Equal(2, open.Departed.Count);
    }

    [Fact]
    public void Death_of_the_first_node_makes_the_next_one_rank_0()
    {
        var open = Decide<GroupDecision.Open>(GroupStage.Halting, [Training(s_a) with { NodeGone = true }, Halted(s_b, s_at7), Halted(s_c, s_at7)]);
        Assert.Equal(s_b, open.Group[0]);
    }

    [Fact]
    public void A_second_death_while_the_group_halts_is_taken_in_with_the_first()
    {
        MemberView[] members = [Halted(s_a, s_at7), Training(s_b) with { NodeGone = true }, Training(s_c) with { Silent = Seconds(9.1) }];
        var open = Decide<GroupDecision.Open>(GroupStage.Halting, members);
        Assert.Equal([s_a], open.Group);
        Assert.Equal(["node-lost", "silent"], open.Departed.Select(departure => departure.Kind));
    }

    [Fact]
    public void A_frozen_worker_counts_as_lost_once_it_has_been_silent_too_long()
    {
        Decide<GroupDecision.Wait>(GroupStage.Training, [Training(s_a), Training(s_b) with { Silent = Seconds(8.9) }]);
        var halt = Decide<GroupDecision.Halt>(GroupStage.Training, [Training(s_a), Training(s_b) with { Silent = Seconds(9.1) }]);
        Assert.Contains("n2/cpu:0 (rank 1) has been silent for 9 s", halt.Reason);
    }

    [Fact]
    public void Blame_alone_condemns_nobody_and_blame_with_silence_does()
    {
        var blamed = Training(s_b) with { Blamed = true, Silent = Seconds(1.4) };
        Decide<GroupDecision.Wait>(GroupStage.Halting, [Halted(s_a, s_at7), blamed]);
        var open = Decide<GroupDecision.Open>(GroupStage.Halting, [Halted(s_a, s_at7), blamed with { Silent = Seconds(1.6) }]);
        Assert.Equal([s_a], open.Group);
    }

    [Fact]
    public void A_break_between_living_workers_is_tried_again_and_then_the_blamed_one_is_left_out()
    {
        MemberView[] members = [Halted(s_a, s_at7), Halted(s_b, s_at7) with { Blamed = true, Reason = "Connection reset." }, Halted(s_c, s_at7)];
        var again = Decide<GroupDecision.Open>(GroupStage.Halting, members, breaks: 2);
        Assert.Equal([s_a, s_b, s_c], again.Group);
        Assert.Equal("broken", again.Kind);
        Assert.Equal([s_a, s_c], Decide<GroupDecision.Open>(GroupStage.Halting, members, breaks: 3).Group);
    }

    [Fact]
    public void A_group_that_only_ever_breaks_up_fails_with_the_reason()
    {
        MemberView[] members = [Halted(s_a, s_at7) with { Reason = "The replicas differ." }, Halted(s_b, s_at7)];
        Assert.Contains("The replicas differ", Decide<GroupDecision.Fail>(GroupStage.Halting, members, breaks: 4).Reason);
    }

    [Fact]
    public void Split_brain_a_coordinator_that_hears_only_a_minority_saves_and_waits_instead_of_going_on()
    {
        // Of the two that may believe they own the run, the other is the one whose write to the container succeeds.
        MemberView[] members =
            [Halted(s_a, s_at7), Training(s_b) with { Silent = Seconds(10) }, Training(s_c) with { Silent = Seconds(10) }, Training(s_d) with { Silent = Seconds(10) }];
        var save = Decide<GroupDecision.Save>(GroupStage.Halting, members, least: 3);
        Assert.Equal(s_a, save.Worker);
        Assert.Contains("1 of at least 3", save.Reason);
    }

    [Fact]
    public void When_nobody_is_left_the_run_goes_back_to_the_queue()
    {
        MemberView[] members = [Training(s_a) with { NodeGone = true }, Training(s_b) with { NodeGone = true }];
        Decide<GroupDecision.Halt>(GroupStage.Training, members);
        var requeue = Decide<GroupDecision.Requeue>(GroupStage.Halting, members);
        Assert.Contains("n1", requeue.Reason);
        Assert.Contains("n2", requeue.Reason);
    }

    [Fact]
    public void After_saving_the_run_goes_back_to_the_queue()
    {
        Decide<GroupDecision.Wait>(GroupStage.Saving, [Halted(s_a, s_at7)], least: 2, keeper: s_a);
        Decide<GroupDecision.Requeue>(GroupStage.Saving, [Halted(s_a, s_at7)], least: 2, keeper: s_a, saved: true);
        Decide<GroupDecision.Requeue>(GroupStage.Saving, [Halted(s_a, s_at7) with { NodeGone = true }], least: 2, keeper: s_a);
    }

    [Fact]
    public void A_keeper_that_dies_before_it_has_saved_is_replaced_by_another_that_holds_the_state()
    {
        MemberView[] members = [Halted(s_a, s_at7) with { NodeGone = true }, Halted(s_b, s_at7)];
        var save = Decide<GroupDecision.Save>(GroupStage.Saving, members, least: 3, keeper: s_a);
        Assert.Equal(s_b, save.Worker);
        Assert.Equal([s_a], save.Departed.Select(departure => departure.Worker));
        Decide<GroupDecision.Requeue>(GroupStage.Saving, members, least: 3, keeper: s_a, saved: true);
    }

    [Fact]
    public void A_joiner_comes_in_at_a_step_boundary_with_the_state_of_a_replica_that_is_there()
    {
        MemberView[] members = [Training(s_a), Training(s_b)];
        Decide<GroupDecision.Wait>(GroupStage.Training, members, joiners: [Member(s_c, WorkerPhase.Loading)]);
        Assert.Contains("n3/cpu:0", Decide<GroupDecision.Pause>(GroupStage.Training, members, joiners: [Ready(s_c, null)]).Reason);

        Decide<GroupDecision.Wait>(GroupStage.Pausing, [Halted(s_a, s_at8), Training(s_b)], joiners: [Ready(s_c, null)]);
        var open = Decide<GroupDecision.Open>(GroupStage.Pausing, [Halted(s_a, s_at8), Halted(s_b, s_at8)], joiners: [Ready(s_c, null)]);
        Assert.Equal([s_a, s_b, s_c], open.Group);
        Assert.Equal((s_at8, s_a, "node-joined"), (open.From, open.Source, open.Kind));
    }

    [Fact]
    public void Join_during_shrink_both_happen_in_one_change()
    {
        var open = Decide<GroupDecision.Open>(
            GroupStage.Halting, [Halted(s_a, s_at7), Training(s_b) with { NodeGone = true }], joiners: [Ready(s_c, null)]);
        Assert.Equal([s_a, s_c], open.Group);
        Assert.Equal(("node-lost", s_a), (open.Kind, open.Source));
    }

    [Fact]
    public void A_joiner_that_still_loads_does_not_hold_up_a_shrink()
    {
        var open = Decide<GroupDecision.Open>(
            GroupStage.Halting, [Halted(s_a, s_at7), Training(s_b) with { NodeGone = true }], joiners: [Member(s_c, WorkerPhase.Loading)]);
        Assert.Equal([s_a], open.Group);
    }

    [Fact]
    public void Death_of_the_joiner_while_it_copies_state_leaves_the_others_where_they_were()
    {
        // It has its place, and no position yet.
        var copying = Member(s_c, WorkerPhase.Training) with { Activity = "taking over", NodeGone = true };
        Decide<GroupDecision.Halt>(GroupStage.Training, [Training(s_a), Training(s_b), copying]);
        var open = Decide<GroupDecision.Open>(GroupStage.Halting, [Halted(s_a, s_at8), Halted(s_b, s_at8), copying]);
        Assert.Equal([s_a, s_b], open.Group);
        Assert.Equal((s_at8, null), (open.From, open.Source));
    }

    [Fact]
    public void Death_of_the_source_while_a_joiner_copies_lets_another_replica_hand_over()
    {
        var open = Decide<GroupDecision.Open>(
            GroupStage.Halting, [Training(s_a) with { NodeGone = true }, Halted(s_b, s_at8), Halted(s_c, null)]);
        Assert.Equal([s_b, s_c], open.Group);
        Assert.Equal((s_at8, s_b), (open.From, open.Source));
    }

    [Fact]
    public void A_joiner_that_cannot_join_is_let_go_and_does_not_disturb_the_run()
    {
        var failed = Member(s_c, WorkerPhase.Failed) with { Reason = "The folder of pictures is not there." };
        var drop = Decide<GroupDecision.Drop>(GroupStage.Training, [Training(s_a), Training(s_b)], joiners: [failed]);
        Assert.Equal(s_c, Assert.Single(drop.Departed).Worker);
        Assert.Contains("folder of pictures", drop.Reason);
    }

    [Fact]
    public void More_joiners_than_are_wanted_are_not_all_taken()
    {
        var open = Decide<GroupDecision.Open>(
            GroupStage.Pausing, [Halted(s_a, s_at8)], wanted: 2, joiners: [Ready(s_c, null), Ready(s_d, null)]);
        Assert.Equal([s_a, s_c], open.Group);
    }

    [Fact]
    public void A_node_that_shuts_down_is_left_out_at_the_next_boundary_with_nothing_lost()
    {
        MemberView[] members = [Training(s_a), Training(s_b) with { Leaving = true }];
        Assert.Contains("n2 shuts down", Decide<GroupDecision.Pause>(GroupStage.Training, members).Reason);
        var open = Decide<GroupDecision.Open>(GroupStage.Pausing, [Halted(s_a, s_at8), Halted(s_b, s_at8) with { Leaving = true }]);
        Assert.Equal([s_a], open.Group);
        Assert.Equal("drain", open.Kind);
    }

    [Fact]
    public void A_step_that_outlasts_the_patience_of_a_leaving_node_is_given_up()
    {
        MemberView[] members = [Training(s_a), Training(s_b) with { Leaving = true }];
        Decide<GroupDecision.Wait>(GroupStage.Pausing, members, inStage: 2.9);
        Decide<GroupDecision.Halt>(GroupStage.Pausing, members, inStage: 3.1);

        // Without a node that must leave, a long step may take its time.
        Decide<GroupDecision.Wait>(GroupStage.Pausing, [Training(s_a), Training(s_b)], inStage: 100, joiners: [Ready(s_c, null)]);
    }

    [Fact]
    public void The_last_worker_saves_before_its_node_shuts_down()
    {
        var save = Decide<GroupDecision.Save>(GroupStage.Pausing, [Halted(s_a, s_at8) with { Leaving = true }]);
        Assert.Equal(s_a, save.Worker);
    }

    [Fact]
    public void A_pause_that_ends_in_a_broken_step_is_a_halt()
    {
        MemberView[] members = [Halted(s_a, s_at7) with { Reason = "Node n2 broke off the exchange." }, Training(s_b)];
        Decide<GroupDecision.Halt>(GroupStage.Pausing, members, joiners: [Ready(s_c, null)]);
    }

    [Fact]
    public void A_slow_worker_is_left_out_only_while_enough_are_left()
    {
        MemberView[] members = [Training(s_a), Training(s_b) with { TooSlow = "4 s per step" }];
        Decide<GroupDecision.Pause>(GroupStage.Training, members);
        Decide<GroupDecision.Wait>(GroupStage.Training, members, least: 2);

        // That it stands at the boundary before the others is no break: the pause goes on.
        Decide<GroupDecision.Wait>(GroupStage.Pausing, [Training(s_a), Halted(s_b, s_at8) with { TooSlow = "4 s per step" }]);
        var open = Decide<GroupDecision.Open>(GroupStage.Pausing, [Halted(s_a, s_at8), Halted(s_b, s_at8) with { TooSlow = "4 s per step" }]);
        Assert.Equal([s_a], open.Group);
        Assert.Equal("slow", open.Kind);
    }

    [Fact]
    public void A_coordinator_that_moved_learns_from_the_next_reports_where_the_group_stands()
    {
        // It knows the members from what was stored, and takes them to train until they say otherwise.
        var roster = new GroupRoster(1, 3, GroupStage.Training, [s_a, s_b, s_c], DateTimeOffset.UnixEpoch);
        Decide<GroupDecision.Wait>(roster, 0.1);
        roster.NodeLost(s_a);
        Decide<GroupDecision.Halt>(roster, 0.2);
        roster.Enter(GroupStage.Halting, DateTimeOffset.UnixEpoch);
        Take(roster, s_b, WorkerPhase.Halted, 3, s_at7, 0.4);
        Decide<GroupDecision.Wait>(roster, 0.4);
        Take(roster, s_c, WorkerPhase.Halted, 3, s_at8, 0.5);
        var open = Decide<GroupDecision.Open>(roster, 0.5);
        Assert.Equal([s_b, s_c], open.Group);
        Assert.Equal((s_at8, s_c), (open.From, open.Source));
    }

    [Fact]
    public void Workers_that_nobody_could_hear_are_not_silent()
    {
        var roster = new GroupRoster(1, 3, GroupStage.Training, [s_a, s_b], DateTimeOffset.UnixEpoch);
        Take(roster, s_a, WorkerPhase.Training, 3, s_at7, 0.5);
        Take(roster, s_b, WorkerPhase.Training, 3, s_at7, 0.5);
        Assert.Contains("silent", Decide<GroupDecision.Halt>(roster, 20).Reason, StringComparison.Ordinal);

        roster.Excuse(TimeSpan.FromSeconds(19));

        Decide<GroupDecision.Wait>(roster, 20);
        Assert.Contains("silent", Decide<GroupDecision.Halt>(roster, 30).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_generation_that_was_written_down_and_never_told_to_the_workers_is_given_up_for_another()
    {
        MemberView[] untold = [Halted(s_a, s_at7) with { Noted = 1 }, Halted(s_b, s_at7) with { Noted = 1 }];
        Decide<GroupDecision.Wait>(GroupStage.Training, untold, inStage: 8.9);
        Assert.Contains("has not heard of generation 2", Decide<GroupDecision.Halt>(GroupStage.Training, untold, inStage: 9.1).Reason);
        Decide<GroupDecision.Open>(GroupStage.Halting, [Halted(s_a, s_at7), Halted(s_b, s_at7)]);
    }

    [Fact]
    public void A_group_that_paused_for_a_coordinator_that_is_gone_is_opened_again()
    {
        Assert.Contains("it has paused", Decide<GroupDecision.Halt>(GroupStage.Training, [Halted(s_a, s_at8), Halted(s_b, s_at8)]).Reason);
        Decide<GroupDecision.Open>(GroupStage.Halting, [Halted(s_a, s_at8), Halted(s_b, s_at8)]);
    }

    [Fact]
    public void A_zombies_report_of_an_older_generation_does_not_count_as_rest()
    {
        MemberView[] members = [Halted(s_a, s_at7), Halted(s_b, s_at7) with { Noted = 1 }];
        Decide<GroupDecision.Wait>(GroupStage.Halting, members);
        Decide<GroupDecision.Wait>(GroupStage.Training, [Training(s_a), Halted(s_b, s_at7) with { Noted = 1 }]);
    }

    [Fact]
    public void A_run_is_complete_when_every_worker_has_finished()
    {
        var end = new ReplicaPosition(3, 0, 24);
        var finished = Member(s_a, WorkerPhase.Finished) with { Position = end };
        Decide<GroupDecision.Wait>(GroupStage.Training, [finished, Training(s_b)]);
        Decide<GroupDecision.Complete>(GroupStage.Training, [finished, finished with { Worker = s_b }]);

        // Whoever dies after it has finished is not missed.
        Decide<GroupDecision.Complete>(GroupStage.Training, [finished, finished with { Worker = s_b, NodeGone = true }]);
    }

    [Fact]
    public void When_rank_0_dies_before_it_has_stored_the_bundle_another_worker_does()
    {
        var end = new ReplicaPosition(3, 0, 24);
        MemberView[] members = [Training(s_a) with { Position = end, NodeGone = true }, Member(s_b, WorkerPhase.Finished) with { Position = end }];
        Decide<GroupDecision.Halt>(GroupStage.Training, members);
        var open = Decide<GroupDecision.Open>(GroupStage.Halting, members);
        Assert.Equal([s_b], open.Group);
        Assert.Equal((end, null), (open.From, open.Source));
    }

    [Fact]
    public void A_workers_own_error_ends_the_run_with_its_cause()
    {
        MemberView[] members = [Training(s_a), Member(s_b, WorkerPhase.Failed) with { Reason = "The loss is not finite." }];
        Assert.Equal("worker n2/cpu:0 (rank 1): The loss is not finite.", Decide<GroupDecision.Fail>(GroupStage.Training, members).Reason);
    }

    [Fact]
    public void A_hang_names_the_worker_that_the_others_wait_for()
    {
        var stuck = TimeSpan.FromMinutes(31);
        MemberView[] members =
            [Training(s_a) with { Stalled = stuck, Activity = "exchange" }, Training(s_b) with { Stalled = stuck, Activity = "forward" }];
        var fail = Decide<GroupDecision.Fail>(GroupStage.Training, members);
        Assert.Equal("worker n2/cpu:0 (rank 1) has made no progress for 31 min (forward)", fail.Reason);
    }

    [Fact]
    public void Workers_of_one_node_keep_consecutive_ranks()
    {
        WorkerAddress second = new("n1", "cpu:1");
        var open = Decide<GroupDecision.Open>(
            GroupStage.Pausing, [Halted(s_a, s_at8), Halted(s_b, s_at8)], joiners: [Ready(s_c, null), Ready(second, null)]);
        Assert.Equal([s_a, second, s_b, s_c], open.Group);
    }

    private static MemberView Member(WorkerAddress worker, WorkerPhase phase) => new(worker, phase, Noted: 2, null, TimeSpan.Zero, TimeSpan.Zero);

    private static MemberView Training(WorkerAddress worker) => Member(worker, WorkerPhase.Training) with { Position = s_at7 };

    private static MemberView Halted(WorkerAddress worker, ReplicaPosition? position) => Member(worker, WorkerPhase.Halted) with { Position = position };

    private static MemberView Ready(WorkerAddress worker, ReplicaPosition? position) => Member(worker, WorkerPhase.Ready) with { Position = position };

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    private static T Decide<T>(
        GroupStage stage,
        IReadOnlyList<MemberView> members,
        int least = 1,
        int wanted = 4,
        IReadOnlyList<MemberView>? joiners = null,
        double inStage = 0.5,
        int breaks = 0,
        WorkerAddress? keeper = null,
        bool saved = false)
        where T : GroupDecision =>
        Assert.IsType<T>(GroupPolicy.Decide(
            new(stage, Seconds(inStage), Generation: 2, members, joiners ?? [], wanted, least, breaks) { Keeper = keeper, Saved = saved }, s_options));

    private static T Decide<T>(GroupRoster roster, double at)
        where T : GroupDecision =>
        Assert.IsType<T>(GroupPolicy.Decide(roster.View(4, 1, DateTimeOffset.UnixEpoch.AddSeconds(at)), s_options));

    private static void Take(GroupRoster roster, WorkerAddress worker, WorkerPhase phase, int generation, ReplicaPosition position, double at) =>
        roster.Take(
            new() { Worker = worker, Silo = "s", Attempt = 1, Number = 1, Phase = phase, Generation = generation, Position = position },
            DateTimeOffset.UnixEpoch.AddSeconds(at));
}
