package io.keyledger.server.cli;

import io.keyledger.api.Ids;
import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDetails;
import io.keyledger.api.account.AccountPage;
import io.keyledger.api.account.AccountType;
import io.keyledger.api.account.DisableAccount;
import io.keyledger.api.account.EnableAccount;
import io.keyledger.api.account.FindAccounts;
import io.keyledger.api.account.GetAccount;
import io.keyledger.api.account.RegisterAccount;
import io.keyledger.api.account.RegisterServiceAccount;
import io.keyledger.command.account.Credentials;
import io.keyledger.command.account.PasswordChanges;
import io.keyledger.command.account.PasswordChanges.ResetLink;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.core.env.Environment;
import org.springframework.web.util.UriComponentsBuilder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** Accounts, for whoever runs the server: also the way back in for an administrator who is locked out. */
@Command(
        name = "account",
        description = "Create, list, disable and enable accounts, and let people set their passwords.",
        subcommands = {
            Accounts.Create.class,
            Accounts.ListThem.class,
            Accounts.ResetPassword.class,
            Accounts.Disable.class,
            Accounts.Enable.class
        })
final class Accounts extends Tool.Group {

    private static final int PAGE = 100;

    /** What a created or unlocked account's person needs. */
    record Linked(AccountDetails account, @Nullable ResetLink resetLink) {

        @Override
        public String toString() {
            return "Linked[***]";
        }
    }

    @Command(
            name = "create",
            description = "Register an account, and print the link by which its person sets the password.")
    static final class Create extends OnDatabase {

        @Parameters(index = "0", arity = "0..1", paramLabel = "EMAIL", description = "Of a person.")
        private @Nullable String email;

        @Option(names = "--name", required = true, paramLabel = "NAME", description = "As others see it.")
        private String name;

        @Option(names = "--administrator", description = "Make it an administrator.")
        private boolean administrator;

        @Option(names = "--service", description = "A service account, without email and password.")
        private boolean service;

        @Mixin
        private Output output;

        @Override
        int run(Composition server) {
            if (service ? email != null || administrator : email == null) {
                throw new ParameterException(
                        spec().commandLine(),
                        service
                                ? "A service account has no email, and is made an administrator on its page."
                                : "Give the person's email.");
            }
            var id = Ids.newAccountId();
            if (service) {
                server.commands().send(server.caller(), new RegisterServiceAccount(id, name));
                print(server, output, new Linked(account(server, id), null));
            } else {
                var link = newLink(server);
                var toSend = new ArrayList<Object>();
                toSend.add(new RegisterAccount(id, email, name, administrator, null));
                toSend.add(PasswordChanges.issue(id, link));
                server.commands().send(server.caller(), null, toSend);
                print(server, output, new Linked(account(server, id), link));
            }
            return Tool.DONE;
        }
    }

    @Command(
            name = "reset-link",
            description = "Print a link that sets an account's password once, within an hour. A link made before ends.")
    static final class ResetPassword extends OnDatabase {

        @Parameters(paramLabel = "ACCOUNT", description = "Its id or email.")
        private String account;

        @Mixin
        private Output output;

        @Override
        int run(Composition server) {
            var found = find(server, account);
            var link = newLink(server);
            server.commands().send(server.caller(), PasswordChanges.issue(found.id(), link));
            print(server, output, new Linked(account(server, found.id()), link));
            return Tool.DONE;
        }
    }

    @Command(
            name = "disable",
            description =
                    "Disable an account: its person is signed out and its tokens are refused, at once, everywhere.")
    static final class Disable extends Change {

        @Override
        Object command(String accountId) {
            return new DisableAccount(accountId);
        }
    }

    @Command(name = "enable", description = "Enable an account that was disabled.")
    static final class Enable extends Change {

        @Override
        Object command(String accountId) {
            return new EnableAccount(accountId);
        }
    }

    /** Changes one account by one command, and prints what it is then. */
    abstract static class Change extends OnDatabase {

        @Parameters(paramLabel = "ACCOUNT", description = "Its id or email.")
        private String account;

        @Mixin
        private Output output;

        abstract Object command(String accountId);

        @Override
        int run(Composition server) {
            var id = find(server, account).id();
            server.commands().send(server.caller(), command(id));
            print(server, output, account(server, id));
            return Tool.DONE;
        }
    }

    @Command(name = "list", description = "List accounts, by their email addresses and names.")
    static final class ListThem extends OnDatabase {

        @Option(names = "--search", paramLabel = "TEXT", description = "Part of the email or name.")
        private @Nullable String search;

        @Mixin
        private Output output;

        @Override
        int run(Composition server) throws InterruptedException {
            var list = output.list(server.json(), "ID", "EMAIL", "NAME", "STATUS");
            each(
                    server,
                    search,
                    account ->
                            list.add(account, account.id(), account.email(), account.displayName(), status(account)));
            list.end();
            return Tool.DONE;
        }
    }

    /** All accounts, page by page. */
    static void each(Composition server, @Nullable String search, Consumer<AccountDetails> consumer)
            throws InterruptedException {
        String cursor = null;
        do {
            Interruption.check();
            var page = server.queries()
                    .query(new FindAccounts(search, null, null, null, PAGE, cursor, null), AccountPage.class)
                    .join();
            page.items().forEach(consumer);
            cursor = page.nextCursor();
        } while (cursor != null);
    }

    /** @throws Refusal.NotFound unless there is an account with this id or email */
    static AccountDetails find(Composition server, String idOrEmail) {
        return account(server, idOrEmail.contains("@") ? idOf(server, idOrEmail) : idOrEmail);
    }

    private static String idOf(Composition server, String email) {
        return server.bean(Credentials.class)
                .accountOf(email)
                .orElseThrow(() -> new Refusal.NotFound(
                        "account_not_found", "There is no account with the email %s.".formatted(email)));
    }

    private static AccountDetails account(Composition server, String id) {
        return server.queries()
                .query(new GetAccount(id, null), AccountDetails.class)
                .join();
    }

    private static ResetLink newLink(Composition server) {
        var environment = server.bean(Environment.class);
        var pages = environment.getProperty("keyledger.public-url", "");
        return PasswordChanges.newLink(
                UriComponentsBuilder.fromUriString(
                        pages.isBlank()
                                ? "http://localhost:" + environment.getProperty("server.port", "8080")
                                : pages.strip()),
                server.bean(Clock.class));
    }

    private static void print(Composition server, Output output, Linked linked) {
        if (output.isJson()) {
            output.value(server.json(), linked);
            return;
        }
        var link = linked.resetLink();
        if (link == null) {
            print(server, output, linked.account());
        } else {
            output.line("%s %s", linked.account().id(), linked.account().email());
            output.line("Set the password, once and until %s:", link.expiresAt());
            output.line("%s", link.link());
        }
    }

    private static void print(Composition server, Output output, AccountDetails account) {
        if (output.isJson()) {
            output.value(server.json(), account);
        } else {
            output.line(
                    "%s %s %s",
                    account.id(), account.email() == null ? account.displayName() : account.email(), status(account));
        }
    }

    private static String status(AccountDetails account) {
        var status = new StringBuilder(account.erased() ? "erased" : account.enabled() ? "enabled" : "disabled");
        if (account.type() == AccountType.SERVICE) {
            status.append(", ").append(account.type().name().toLowerCase(Locale.ROOT));
        }
        if (account.administrator()) {
            status.append(", administrator");
        }
        return status.toString();
    }
}
