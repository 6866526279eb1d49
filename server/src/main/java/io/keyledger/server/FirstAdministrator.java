package io.keyledger.server;

import io.keyledger.api.Ids;
import io.keyledger.api.Refusal;
import io.keyledger.api.account.RegisterAccount;
import io.keyledger.api.authentication.Caller;
import io.keyledger.command.Commands;
import io.keyledger.command.account.Passwords;
import io.keyledger.server.settings.ConfigurationMistake;
import io.keyledger.server.settings.KeyledgerSettings;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Registers the administrator of a new database: somebody must be there who can register the others. */
final class FirstAdministrator {

    private final KeyledgerSettings settings;
    private final JdbcClient jdbc;
    private final Commands commands;
    private final Passwords passwords;

    FirstAdministrator(KeyledgerSettings settings, JdbcClient jdbc, Commands commands, Passwords passwords) {
        this.settings = settings;
        this.jdbc = jdbc;
        this.commands = commands;
        this.passwords = passwords;
    }

    /** A password that was made up and must be shown. */
    record Printed(String email, String password) {

        @Override
        public String toString() {
            return "Printed[***]";
        }
    }

    /** @return what to print; absent when there are accounts already or the password was configured */
    @Nullable
    Printed register() {
        var any = jdbc.sql("select exists (select from projection.account)")
                .query(Boolean.class)
                .single();
        if (any) {
            return null;
        }
        var configured = settings.adminPassword();
        var given = configured == null || configured.isEmpty() ? null : configured;
        var password = given == null ? Ids.randomBase62(24) : given;
        var email = settings.adminEmail();
        try {
            var hash = passwords.first(password, email, "Administrator");
            commands.send(
                    Caller.system(UUID.randomUUID().toString().replace("-", "")),
                    new RegisterAccount(Ids.newAccountId(), email, "Administrator", true, hash));
        } catch (Refusal.Conflict e) {
            // Another node that started at the same moment was first.
            return null;
        } catch (Refusal.Unprocessable e) {
            throw new ConfigurationMistake(
                    "keyledger.admin-email or keyledger.admin-password (KEYLEDGER_ADMIN_EMAIL,"
                            + " KEYLEDGER_ADMIN_PASSWORD) can't be used.",
                    e.errors().stream()
                            .map(error -> error.field() + ": " + error.message())
                            .collect(Collectors.joining(" ")));
        }
        return given == null ? new Printed(email, password) : null;
    }
}
