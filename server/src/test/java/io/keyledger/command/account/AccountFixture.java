package io.keyledger.command.account;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountCommand;
import io.keyledger.api.account.AccountEvent;
import io.keyledger.api.account.AccountRegistered;
import io.keyledger.api.account.PasswordHash;
import io.keyledger.api.account.PersonalText;
import io.keyledger.api.account.ServiceAccountRegistered;
import io.keyledger.server.TestDataKeys;
import io.keyledger.server.TestDatabase;
import java.util.List;
import org.axonframework.modelling.command.VersionedAggregateIdentifier;
import org.axonframework.test.aggregate.AggregateTestFixture;
import org.axonframework.test.aggregate.TestExecutor;
import org.hamcrest.CustomTypeSafeMatcher;
import org.hamcrest.Matcher;
import org.junit.jupiter.api.AfterEach;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The account {@code acc_ada}. It stands beside a database, though not every command uses one: Axon resolves what all
 * handlers of an aggregate ask for before it handles the first command.
 */
abstract class AccountFixture {

    static final PasswordHash FIRST = new PasswordHash("$argon2id$first");
    static final PasswordHash SECOND = new PasswordHash("$argon2id$second");

    final HikariDataSource database = TestDatabase.create();
    final JdbcClient jdbc = JdbcClient.create(database);
    final TestDataKeys keys = new TestDataKeys(database);
    final Credentials credentials = new Credentials(jdbc);
    final ResetLinks links = new ResetLinks(jdbc);
    final PersonalTraces traces = new PersonalTraces(jdbc);

    @AfterEach
    void close() {
        database.close();
    }

    TestExecutor<Account> given(AccountEvent... events) {
        var fixture = new AggregateTestFixture<>(Account.class);
        fixture.registerInjectableResource(keys);
        fixture.registerInjectableResource(credentials);
        fixture.registerInjectableResource(links);
        fixture.registerInjectableResource(traces);
        fixture.registerCommandTargetResolver(message ->
                new VersionedAggregateIdentifier((Object) ((AccountCommand) message.getPayload()).accountId(), null));
        return fixture.given((Object[]) events);
    }

    static AccountRegistered registered() {
        return new AccountRegistered("acc_ada", text("ada@example.org"), text("Ada"), false);
    }

    static ServiceAccountRegistered serviceRegistered() {
        return new ServiceAccountRegistered("acc_ada", text("Builds"));
    }

    static PersonalText text(String text) {
        return PersonalText.of(text);
    }

    /** The password's hash as the table has it; empty: none. */
    List<String> passwordHash() {
        return jdbc.sql("select password_hash from state.credential where account_id = 'acc_ada'")
                .query(String.class)
                .list();
    }

    static Matcher<Object> refused(Class<? extends Refusal> kind, String code) {
        return new CustomTypeSafeMatcher<>("%s with %s".formatted(kind.getSimpleName(), code)) {
            @Override
            protected boolean matchesSafely(Object thrown) {
                return kind.isInstance(thrown) && ((Refusal) thrown).code().equals(code);
            }
        };
    }

    /** @param errors each a field and a code, for example {@code displayName too_long}; no others */
    static Matcher<Object> refusedFields(String... errors) {
        return new CustomTypeSafeMatcher<>("Unprocessable with %s".formatted(List.of(errors))) {
            @Override
            protected boolean matchesSafely(Object thrown) {
                return thrown instanceof Refusal.Unprocessable refusal
                        && refusal.errors().stream()
                                .map(error -> error.field() + " " + error.code())
                                .toList()
                                .equals(List.of(errors));
            }
        };
    }
}
