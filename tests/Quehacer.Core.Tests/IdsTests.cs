using FsCheck.Fluent;
using Xunit;

namespace Quehacer.Core.Tests;

public sealed class IdsTests
{
    [Fact]
    public async Task What_is_made_in_one_millisecond_keeps_its_order()
    {
        var (now, counter) = (new DateTime(2026, 11, 21, 8, 30, 0, 125, DateTimeKind.Utc), new IdCounter());
        List<Guid> Made(int count, DateTime at) => [.. Enumerable.Range(0, count).Select(_ => Ids.New(at, counter))];
        var one = Made(1_000, now);
        Assert.Equal(one.Order(), one);
        Assert.All(one, id => Assert.Equal((now, 7, 8), (Ids.TimeOf(id), id.Version, id.Variant & 0xC)));

        // Of many at once each sees its own in order, and none is made twice.
        var lists = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Made(300, now))));
        Assert.All(lists, list => Assert.Equal(list.Order(), list));
        Assert.Equal(3_400, lists.SelectMany(list => list).Concat(one).Distinct().Count());

        // More than can be counted, and one that comes a moment late, are made all the same.
        var more = Made(10_000, now).Append(Ids.New(now.AddMilliseconds(-1), counter)).ToList();
        Assert.Equal(10_001, more.Distinct().Count());
        Assert.All(more[..^1], id => Assert.Equal(now, Ids.TimeOf(id)));

        // A clock that was far ahead, and was set back, leaves nothing behind.
        Made(1, now.AddYears(100));
        var back = Made(1_000, now.AddMinutes(1));
        Assert.Equal(back.Order(), back);
    }

    /// <summary>The valid cases of the TypeID specification.</summary>
    [Theory]
    [InlineData("00000000-0000-0000-0000-000000000000", "00000000000000000000000000")]
    [InlineData("00000000-0000-0000-0000-000000000001", "00000000000000000000000001")]
    [InlineData("00000000-0000-0000-0000-00000000000a", "0000000000000000000000000a")]
    [InlineData("00000000-0000-0000-0000-000000000010", "0000000000000000000000000g")]
    [InlineData("00000000-0000-0000-0000-000000000020", "00000000000000000000000010")]
    [InlineData("ffffffff-ffff-ffff-ffff-ffffffffffff", "7zzzzzzzzzzzzzzzzzzzzzzzzz")]
    [InlineData("0110c853-1d09-52d8-d73e-1194e95b5f19", "0123456789abcdefghjkmnpqrs")]
    [InlineData("01890a5d-ac96-774b-bcce-b302099a8057", "01h455vb4pex5vsknk084sn02q")]
    public void The_vectors_of_the_specification_are_written_and_read(string uuid, string suffix)
    {
        Assert.Equal($"prefix_{suffix}", Ids.ToTypeId("prefix", Guid.Parse(uuid)));
        Assert.True(Ids.TryParseTypeId("prefix", $"prefix_{suffix}", out var id));
        Assert.Equal(Guid.Parse(uuid), id);
    }

    /// <summary>The invalid cases of the TypeID specification, as far as they concern an id whose prefix is known, and some of our own.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("prefix")]
    [InlineData("prefix_")]
    [InlineData("_01h455vb4pex5vsknk084sn02q")]
    [InlineData("01h455vb4pex5vsknk084sn02q")]
    [InlineData("PREFIX_00000000000000000000000000")]
    [InlineData("Prefix_01h455vb4pex5vsknk084sn02q")]
    [InlineData("other0_01h455vb4pex5vsknk084sn02q")]
    [InlineData("prefix__1h455vb4pex5vsknk084sn02q")]
    [InlineData("prefix-01h455vb4pex5vsknk084sn02q")]
    [InlineData("prefix_1234567890123456789012345")]
    [InlineData("prefix_123456789012345678901234567")]
    [InlineData("prefix_01h455vb4pex5vsknk084sn02 ")]
    [InlineData(" prefix_01h455vb4pex5vsknk084sn02q")]
    [InlineData("prefix_01H455VB4PEX5VSKNK084SN02Q")]
    [InlineData("prefix_0123456789ABCDEFGHJKMNPQRS")]
    [InlineData("prefix_123456789-123456789-123456")]
    [InlineData("prefix_ooooooooooooooooooooooooo1")]
    [InlineData("prefix_1il1lil1lil1lil1lil1lil1li")]
    [InlineData("prefix_i23456789ol23456789oi23456")]
    [InlineData("prefix_123456789-0123456789-01234")]
    [InlineData("prefix_8zzzzzzzzzzzzzzzzzzzzzzzzz")]
    [InlineData("prefix_zzzzzzzzzzzzzzzzzzzzzzzzzz")]
    [InlineData("prefix_/1h455vb4pex5vsknk084sn02q")]
    [InlineData("prefix_01h455vb4pex5vsknk084sn02é")]
    public void A_malformed_type_id_is_refused(string text) => Assert.False(Ids.TryParseTypeId("prefix", text, out _));

    [Theory]
    [InlineData('i')]
    [InlineData('l')]
    [InlineData('o')]
    [InlineData('u')]
    public void Letters_that_Crockford_leaves_out_are_refused(char letter) =>
        Assert.False(Ids.TryParseTypeId("task", $"task_01h455vb4pex5vsknk084sn02{letter}", out _));

    [Fact]
    public void Every_id_comes_back_from_its_type_id() => Properties.ForAll(
        Properties.AnyGuid,
        id => Ids.TryParseTypeId(Ids.TaskPrefix, Ids.ToTypeId(Ids.TaskPrefix, id), out var read) && read == id);

    [Fact]
    public void A_type_id_has_one_spelling() => Properties.ForAll(
        Properties.AnyGuid.Zip(Gen.Choose(5, 30)).Zip(Gen.Choose(0x20, 0x7E)),
        sample =>
        {
            var ((id, position), character) = sample;
            var text = Ids.ToTypeId(Ids.TaskPrefix, id).ToCharArray();
            text[position] = (char)character;
            Assert.True(!Ids.TryParseTypeId(Ids.TaskPrefix, text, out var read) || Ids.ToTypeId(Ids.TaskPrefix, read) == new string(text));
        });

    [Fact]
    public void Any_text_can_be_offered_as_a_type_id() =>
        Properties.ForAll(Properties.AnyText, (Action<string>)(text => Ids.TryParseTypeId(Ids.TaskPrefix, "task_" + text, out _)));

    [Fact]
    public void The_order_of_type_ids_is_the_order_of_their_ids() => Properties.ForAll(
        Properties.AnyGuid.Zip(Properties.AnyGuid),
        pair => Math.Sign(string.CompareOrdinal(Ids.ToTypeId("t", pair.Item1), Ids.ToTypeId("t", pair.Item2)))
            == Math.Sign(string.CompareOrdinal(pair.Item1.ToString(), pair.Item2.ToString())));

    [Fact]
    public void An_id_carries_its_time_to_the_millisecond() =>
        Properties.ForAll(Properties.AnyTime, time => Ids.TimeOf(Ids.New(time)) == time && Ids.TimeOf(Ids.New(time)).Kind == DateTimeKind.Utc);

    [Fact]
    public void The_time_within_an_id_is_cut_and_never_rounded_up()
    {
        var time = new DateTime(2026, 2, 3, 4, 5, 6, 789, DateTimeKind.Utc);

        Assert.Equal(time, Ids.TimeOf(Ids.New(time.AddTicks(9_999))));
        Assert.Equal(time, Clock.Cut(time.AddTicks(9_999)));
    }

    [Fact]
    public void A_new_id_is_a_uuid_of_version_7_and_the_rfc_variant() =>
        Properties.ForAll(Properties.AnyTime, time => Ids.New(time) is { Version: 7, Variant: >= 8 and <= 11 });

    [Fact]
    public void The_time_of_a_known_id_is_right() =>
        Assert.Equal(new DateTime(2022, 2, 22, 19, 22, 22, DateTimeKind.Utc), Ids.TimeOf(Guid.Parse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F")));

    [Fact]
    public void Ids_of_later_times_sort_later() => Properties.ForAll(
        Properties.AnyTime.Zip(Gen.Choose(1, 1_000_000)),
        sample => string.CompareOrdinal(Ids.New(sample.Item1).ToString(), Ids.New(sample.Item1.AddMilliseconds(sample.Item2)).ToString()) < 0);
}

public sealed class TaskRefTests
{
    private const string Uuid = "01890a5d-ac96-774b-bcce-b302099a8057";

    [Theory]
    [InlineData("task_01h455vb4pex5vsknk084sn02q")]
    [InlineData(Uuid)]
    [InlineData("01890A5D-AC96-774B-BCCE-B302099A8057")]
    public void A_task_is_named_by_its_id(string text)
    {
        Assert.True(TaskRef.TryParse(text, out var task));
        Assert.Equal(new TaskRef(Guid.Parse(Uuid), 0), task);
    }

    [Theory]
    [InlineData("1", 1)]
    [InlineData("42", 42)]
    [InlineData("9223372036854775807", long.MaxValue)]
    public void A_task_is_named_by_its_number(string text, long number)
    {
        Assert.True(TaskRef.TryParse(text, out var task));
        Assert.Equal(new TaskRef(default, number), task);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("01")]
    [InlineData("+1")]
    [InlineData("-1")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1\0")]
    [InlineData("1.0")]
    [InlineData("1e3")]
    [InlineData("1,000")]
    [InlineData("#1")]
    [InlineData("٣")]
    [InlineData("9223372036854775808")]
    [InlineData("99999999999999999999999")]
    [InlineData("user_01h455vb4pex5vsknk084sn02q")]
    [InlineData("TASK_01h455vb4pex5vsknk084sn02q")]
    [InlineData("task_8zzzzzzzzzzzzzzzzzzzzzzzzz")]
    [InlineData("01890a5dac96774bbcceb302099a8057")]
    [InlineData("{01890a5d-ac96-774b-bcce-b302099a8057}")]
    [InlineData("(01890a5d-ac96-774b-bcce-b302099a8057)")]
    [InlineData("01890a5d-ac96-774b-bcce-b302099a805")]
    public void Any_other_text_names_no_task(string? text) => Assert.False(TaskRef.TryParse(text, out _));

    [Theory]
    [InlineData(" 01890a5d-ac96-774b-bcce-b302099a8057")]
    [InlineData("01890a5d-ac96-774b-bcce-b302099a8057 ")]
    [InlineData("0x890a5d-ac96-774b-bcce-b302099a8057")]
    [InlineData("+1890a5d-ac96-774b-bcce-b302099a8057")]
    public void A_bare_uuid_has_its_usual_form_only(string text) => Assert.False(TaskRef.TryParse(text, out _));

    [Fact]
    public void Every_id_names_its_task_in_both_forms() => Properties.ForAll(
        Properties.AnyGuid,
        id => TaskRef.TryParse(Ids.ToTypeId(Ids.TaskPrefix, id), out var typed) && TaskRef.TryParse(id.ToString(), out var bare)
            && typed == bare && typed == new TaskRef(id, 0));

    [Fact]
    public void Any_text_can_be_offered() => Properties.ForAll(Properties.AnyText, (Action<string>)(text => TaskRef.TryParse(text, out _)));

    [Fact]
    public void The_first_id_of_a_time_is_not_greater_than_any_id_of_it_and_greater_than_all_before()
    {
        Properties.ForAll(
            from time in Properties.AnyTime from apart in Gen.Choose(1, 100_000) select (time, apart), sample =>
            {
                var (time, later) = (sample.time, sample.time.AddMilliseconds(sample.apart));
                var (before, after) = (Ids.New(time), Ids.New(later));
                return Order(Ids.FirstAt(time), before) <= 0 && Order(before, Ids.FirstAfter(time)) < 0 && Order(Ids.FirstAfter(time), Ids.FirstAt(later)) <= 0
                    && Order(before, Ids.FirstAt(later)) < 0 && Order(Ids.FirstAt(later), after) <= 0
                    && Ids.FirstAfter(time) == Ids.FirstAt(time.AddMilliseconds(1)) && Ids.TimeOf(Ids.FirstAt(time)) == time;
            });

        // As PostgreSQL compares them.
        static int Order(Guid one, Guid other) => one.ToByteArray(bigEndian: true).AsSpan().SequenceCompareTo(other.ToByteArray(bigEndian: true));
    }

    [Fact]
    public void Times_outside_of_what_an_id_can_say_have_its_nearest_end()
    {
        Assert.Equal(Guid.Empty, Ids.FirstAt(DateTime.UnixEpoch));
        foreach (var early in new[] { DateTime.MinValue, DateTime.UnixEpoch.AddMilliseconds(-1), DateTime.UnixEpoch.AddYears(-100) })
        {
            Assert.Equal(Guid.Empty, Ids.FirstAt(DateTime.SpecifyKind(early, DateTimeKind.Utc)));
            Assert.Equal(Guid.Empty, Ids.FirstAfter(DateTime.SpecifyKind(early, DateTimeKind.Utc)));
        }
        var last = new DateTime(9999, 12, 31, 23, 59, 59, 999, DateTimeKind.Utc);
        Assert.Equal(last, Ids.TimeOf(Ids.FirstAt(last)));
        Assert.True(Ids.FirstAfter(last).CompareTo(Ids.New(last)) > 0);
        Assert.True(Ids.FirstAfter(DateTime.SpecifyKind(DateTime.MaxValue, DateTimeKind.Utc)).CompareTo(Ids.New(last)) > 0);
    }
}
