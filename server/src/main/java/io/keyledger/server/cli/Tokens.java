package io.keyledger.server.cli;

import io.keyledger.api.Refusal;
import io.keyledger.api.token.FindTokens;
import io.keyledger.api.token.FindUnrevokedTokens;
import io.keyledger.api.token.GetTokenAccount;
import io.keyledger.api.token.RevokeToken;
import io.keyledger.api.token.TokenDetails;
import io.keyledger.api.token.TokenPage;
import io.keyledger.api.token.TokenStatus;
import io.keyledger.query.ProjectionPositions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.axonframework.messaging.responsetypes.ResponseTypes;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** Tokens, for whoever runs the server. */
@Command(
        name = "token",
        description = "List and revoke tokens.",
        subcommands = {Tokens.ListThem.class, Tokens.Revoke.class})
final class Tokens extends Tool.Group {

    private static final int PAGE = 100;
    private static final int REVOKED_AT_ONCE = 100;

    /** A token, and whose it is. */
    record Listed(String accountId, @Nullable String email, TokenDetails token) {}

    @Command(name = "list", description = "List tokens: all that are not revoked, unless asked otherwise.")
    static final class ListThem extends OnDatabase {

        @Option(
                names = "--account",
                paramLabel = "ACCOUNT",
                description = "Only those of this account: its id or email.")
        private @Nullable String account;

        @Option(
                names = "--status",
                split = ",",
                paramLabel = "STATUS",
                description = "Only those: ${COMPLETION-CANDIDATES}.")
        private @Nullable Set<TokenStatus> statuses;

        @Mixin
        private Output output;

        @Override
        int run(Composition server) throws InterruptedException {
            var accounts = new ArrayList<Account>();
            if (account != null) {
                var found = Accounts.find(server, account);
                accounts.add(new Account(found.id(), found.email()));
            } else {
                Accounts.each(server, null, each -> accounts.add(new Account(each.id(), each.email())));
            }
            awaitList(server);
            var list = output.list(server.json(), "ID", "ACCOUNT", "NAME", "STATUS", "EXPIRES", "LAST USED");
            for (var account : accounts) {
                list(server, account, list);
            }
            list.end();
            return Tool.DONE;
        }

        private record Account(String id, @Nullable String email) {}

        private void list(Composition server, Account account, Output.Rows list) throws InterruptedException {
            var wanted = statuses == null ? EnumSet.complementOf(EnumSet.of(TokenStatus.REVOKED)) : statuses;
            String cursor = null;
            do {
                Interruption.check();
                var page = server.queries()
                        .query(
                                new FindTokens(account.id(), wanted, null, "createdAt", PAGE, cursor, null),
                                TokenPage.class)
                        .join();
                page.items()
                        .forEach(token -> list.add(
                                new Listed(account.id(), account.email(), token),
                                token.id(),
                                account.email() == null ? account.id() : account.email(),
                                token.name(),
                                token.status(),
                                token.expiresAt() == null ? "never" : token.expiresAt(),
                                token.lastUsedAt() == null ? "never" : token.lastUsedAt()));
                cursor = page.nextCursor();
            } while (cursor != null);
        }

        /** The list is a projection, which a server keeps: without one it stays where it was. */
        private void awaitList(Composition server) {
            try {
                server.bean(ProjectionPositions.class).awaitHead("token");
            } catch (Refusal.Unavailable e) {
                spec().commandLine()
                        .getErr()
                        .println("keyledger token list: The list is not up to date: no server runs that keeps it, or it"
                                + " is behind (see: keyledger projection list).");
            }
        }
    }

    @Command(name = "revoke", description = "Revoke tokens for good: when this ends, no node accepts them any more.")
    static final class Revoke extends OnDatabase {

        @Parameters(paramLabel = "TOKEN", arity = "0..*", description = "Ids of tokens.")
        private List<String> tokenIds = List.of();

        @Option(
                names = "--account",
                paramLabel = "ACCOUNT",
                description = "All tokens of this account: its id or email.")
        private @Nullable String account;

        @Mixin
        private Output output;

        record Revoked(List<String> revoked) {}

        @Override
        int run(Composition server) throws InterruptedException {
            if (tokenIds.isEmpty() == (account == null)) {
                throw new ParameterException(spec().commandLine(), "Give ids of tokens, or --account.");
            }
            var revoked = account == null ? revoke(server, tokenIds) : revokeAll(server, account);
            if (output.isJson()) {
                output.value(server.json(), new Revoked(revoked));
            } else {
                revoked.forEach(id -> output.line("Revoked %s", id));
                if (revoked.isEmpty()) {
                    output.line("There was none that was not revoked.");
                }
            }
            return Tool.DONE;
        }

        /** All or none. */
        private static List<String> revoke(Composition server, List<String> tokenIds) {
            var toSend = new ArrayList<RevokeToken>();
            for (var id : tokenIds) {
                var owner = server.queries()
                        .query(new GetTokenAccount(id), ResponseTypes.optionalInstanceOf(String.class))
                        .join()
                        .orElseThrow(() -> new Refusal.NotFound(
                                "token_not_found", "There is no token with the id %s.".formatted(id)));
                toSend.add(new RevokeToken(id, owner));
            }
            server.commands().send(server.caller(), null, toSend);
            return tokenIds;
        }

        /** Some at a time; what is revoked stays so, whatever comes then. */
        private static List<String> revokeAll(Composition server, String account) throws InterruptedException {
            var accountId = Accounts.find(server, account).id();
            var revoked = new ArrayList<String>();
            while (true) {
                Interruption.check();
                var some = server.queries()
                        .query(
                                new FindUnrevokedTokens(accountId, REVOKED_AT_ONCE),
                                ResponseTypes.multipleInstancesOf(String.class))
                        .join();
                if (some.isEmpty()) {
                    return revoked;
                }
                server.commands()
                        .send(
                                server.caller(),
                                null,
                                some.stream()
                                        .map(id -> new RevokeToken(id, accountId))
                                        .toList());
                revoked.addAll(some);
            }
        }
    }
}
