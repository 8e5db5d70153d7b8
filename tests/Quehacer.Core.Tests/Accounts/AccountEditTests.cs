using Quehacer.Core.Accounts;
using Xunit;

namespace Quehacer.Core.Tests.Accounts;

public sealed class AccountEditTests
{
    private static readonly AccountEdit Good = new() { Email = "ana@example.com", Name = "Ana", Password = "zq8-Km2x" };

    [Theory]
    [InlineData("ana.lopez@example.com")]
    [InlineData("Ana.Lopez@Example.com1")]
    [InlineData("lopez123")]
    [InlineData("12-lopez!")]
    [InlineData("anamaria1")]
    [InlineData("Maria2024!")]
    [InlineData("Quehacer1")]
    [InlineData("quehacer!!")]
    public void What_everybody_would_guess_of_this_account_is_no_password(string password)
    {
        var somebody = Good with { Email = "ana.lopez@example.com", Name = "Ana Maria" };
        Assert.Equal([new FieldError(Field.Password, FieldFault.TooCommon)], (somebody with { Password = password }).CheckRegistration());
        Assert.Empty((somebody with { Password = password + " and something else" }).CheckRegistration());
        Assert.Empty((somebody with { Password = "12345 6789 0!" }).CheckRegistration());
    }

    [Theory]
    [InlineData("ana@example.com")]
    [InlineData("ana.maría+tareas@sub.example.co.uk")]
    [InlineData("o'brien@example.ie")]
    [InlineData("x@y.z")]
    [InlineData("用户@例子.广告")]
    [InlineData("ana@bücher.example")]
    [InlineData("ana@xn--bcher-kva.example")]
    [InlineData("ana_1%x@123.com")]
    public void An_address_is_accepted(string email) => Assert.Empty((Good with { Email = email }).CheckRegistration());

    [Theory]
    [InlineData("ana")]
    [InlineData("@example.com")]
    [InlineData("ana@")]
    [InlineData("ana@example")]
    [InlineData("ana@example.")]
    [InlineData("ana@.example.com")]
    [InlineData("ana@example..com")]
    [InlineData("ana@-example.com")]
    [InlineData("ana@example-.com")]
    [InlineData("ana@@example.com")]
    [InlineData("ana@home@example.com")]
    [InlineData("ana maria@example.com")]
    [InlineData("ana@exa mple.com")]
    [InlineData("ana@example.com>")]
    [InlineData("<ana@example.com>")]
    [InlineData("Ana <ana@example.com>")]
    [InlineData("ana@example.com,eva@example.com")]
    [InlineData("ana@example.com\nBcc: eva@example.com")]
    [InlineData("ana\r\n@example.com")]
    [InlineData("ana\u0007@example.com")]
    [InlineData("ana\u202E@example.com")]
    [InlineData("ana@exa_mple.com")]
    [InlineData("\"ana\"@example.com")]
    public void What_is_no_address_is_refused(string email) =>
        Assert.Equal([new FieldError(Field.Email, FieldFault.NotAnEmail)], (Good with { Email = email }).CheckRegistration());

    [Fact]
    public void An_address_ends_where_it_ends() =>
        Assert.Equal([new FieldError(Field.Email, FieldFault.NotAnEmail)], (Good with { Email = "ana@example.com\n" }).CheckRegistration());

    [Fact]
    public void An_address_has_two_hundred_and_fifty_five_characters_at_most()
    {
        var host = "@" + string.Join('.', Enumerable.Repeat(new string('h', 61), 3)) + ".com";
        var longest = new string('a', 255 - host.Length) + host;

        Assert.Empty((Good with { Email = longest }).CheckRegistration());
        Assert.Equal([new FieldError(Field.Email, FieldFault.TooLong, 255)], (Good with { Email = "a" + longest }).CheckRegistration());
    }

    [Fact]
    public void An_address_made_to_keep_a_pattern_busy_is_refused()
    {
        var hostile = "a@" + new string('a', 250) + "!";

        Assert.Single((Good with { Email = hostile }).CheckRegistration());
    }

    [Fact]
    public void Everything_that_is_missing_is_said_at_once() =>
        Assert.Equal(
            [
                new FieldError(Field.Email, FieldFault.Required),
                new FieldError(Field.Name, FieldFault.Required),
                new FieldError(Field.Password, FieldFault.Required),
            ],
            new AccountEdit().CheckRegistration());

    [Fact]
    public void Empty_values_count_as_missing() =>
        Assert.Equal(
            [FieldFault.Required, FieldFault.Required, FieldFault.TooShort],
            new AccountEdit { Email = "", Name = "", Password = "" }.CheckRegistration().Select(fault => fault.Fault));

    [Fact]
    public void Faults_of_form_are_kept()
    {
        var unknown = new FieldError(Field.Unknown, FieldFault.UnknownName, Name: "mail", Nearest: "email");
        var faults = (Good with { Email = Edit<string>.Malformed(FieldFault.NotAString), Faults = [unknown] }).CheckRegistration();

        Assert.Equal([unknown, new FieldError(Field.Email, FieldFault.NotAString)], faults);
    }

    [Fact]
    public void A_name_is_counted_in_characters()
    {
        Assert.Empty((Good with { Name = string.Concat(Enumerable.Repeat("👍", 255)) }).CheckRegistration());
        Assert.Equal([new FieldError(Field.Name, FieldFault.TooLong, 255)], (Good with { Name = new string('x', 256) }).CheckRegistration());
    }

    [Fact]
    public void A_change_may_leave_the_name_out_but_not_empty()
    {
        Assert.Empty(new AccountEdit().CheckChange());
        Assert.Empty(new AccountEdit { Name = "Eva" }.CheckChange());
        Assert.Equal([new FieldError(Field.Name, FieldFault.Required)], new AccountEdit { Name = "" }.CheckChange());
        Assert.Equal([new FieldError(Field.Name, FieldFault.TooLong, 255)], new AccountEdit { Name = new string('x', 256) }.CheckChange());
    }

    [Fact]
    public void Case_does_not_count_in_addresses() => Assert.Equal(AccountEdit.EmailKey("Ana@Example.COM"), AccountEdit.EmailKey("ana@example.com"));
}
