package io.keyledger.query.authentication;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.api.authentication.Origin;
import io.keyledger.api.authentication.PermissionCatalogue;
import io.keyledger.api.token.TokenValue;
import io.keyledger.query.authentication.TokenAuthentication.AuthenticatedToken;
import io.keyledger.query.authentication.TokenAuthentication.Use;
import io.keyledger.server.SettableClock;
import io.keyledger.server.TestDataKeys;
import io.keyledger.server.TestDatabase;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.mock.web.MockFilterChain;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.json.JsonMapper;

/** What introspection leaves behind of the two tokens; what it answers is in IntrospectionRequestsTest. */
@Timeout(60)
class IntrospectionFilterTest {

    private static final Duration RETIRING = Duration.ofSeconds(3);

    private final SettableClock clock = new SettableClock();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final TokenValue asking = TokenValue.generate("klt_");
    private final TokenValue asked = TokenValue.generate("klt_");
    private HikariDataSource database;
    private JdbcClient jdbc;
    private TokenUses uses;
    private TokenLookup lookup;
    private IntrospectionFilter filter;

    @BeforeEach
    void start() {
        database = TestDatabase.create();
        jdbc = JdbcClient.create(database);
        var keys = new TestDataKeys(database);
        keys.create("acc_ada");
        jdbc.sql("""
            insert into projection.account (account_id, email, email_key, display_name, administrator, enabled,
                session_epoch, version, created_at)
            values ('acc_ada', 'ada@example.org', 'ada@example.org', 'Ada', true, true, 0, 0, now())\
            """).update();
        create("tok_asking", asking, "introspect");
        create("tok_asked", asked);
        uses = new TokenUses(
                jdbc,
                new TransactionTemplate(new JdbcTransactionManager(database)),
                keys,
                new SecretKeySpec(new byte[32], "HmacSHA256"),
                new PermissionCatalogue(List.of()),
                clock,
                meters);
        uses.open();
        lookup = new TokenLookup(database, meters);
        lookup.start();
        filter = new IntrospectionFilter(
                new TokenAuthentication(
                        lookup, new PermissionCatalogue(List.of()), new Observer(), uses, clock, meters),
                _ -> new Origin(null, null, "test"),
                _ -> "https://keyledger.example",
                new JsonMapper());
    }

    @AfterEach
    void stop() {
        lookup.close();
        database.close();
    }

    private void create(String tokenId, TokenValue value, String... permissions) {
        jdbc.sql("""
            insert into projection.token (token_id, account_id, permissions, expired, revoked, used)
            values (?, 'acc_ada', ?, false, false, true)\
            """).params(tokenId, permissions).update();
        jdbc.sql("""
            insert into projection.token_value (digest, token_id, hint, state, issued_at)
            values (?, ?, '', 'current', now())\
            """).params(value.digest(), tokenId).update();
    }

    /** Retiring a value takes a while, in which uses are written as ever. */
    private final class Observer implements TokenAuthentication.Observer {

        @Override
        public void successorUsed(AuthenticatedToken token, byte[] digest, Use use) {
            clock.advance(RETIRING);
            uses.write();
        }

        @Override
        public void firstUsed(AuthenticatedToken token, Use use) {}

        @Override
        public void retiredValueUsed(String tokenId, String accountId, String hint, Use use) {}
    }

    private boolean isActive(String value) throws Exception {
        var request = new MockHttpServletRequest("POST", "/oauth2/introspect");
        request.addHeader(HttpHeaders.AUTHORIZATION, "Bearer " + asking.reveal());
        request.setContentType(MediaType.APPLICATION_FORM_URLENCODED_VALUE);
        request.setContent(new byte[] {'x'});
        request.setParameter("token", value);
        var response = new MockHttpServletResponse();
        filter.doFilter(request, response, new MockFilterChain());
        assertThat(response.getStatus()).isEqualTo(200);
        return new JsonMapper()
                .readTree(response.getContentAsString())
                .path("active")
                .asBoolean();
    }

    private Instant instant(String sql) {
        return jdbc.sql(sql).query((row, _) -> row.getTimestamp(1).toInstant()).single();
    }

    /** Otherwise it would be taken for unused at a time up to which all uses were said to be known. */
    @Test
    void a_use_that_waited_for_the_askers_previous_value_to_be_retired_is_told_before_its_time_is_written()
            throws Exception {
        jdbc.sql("update projection.token set overlap_ends_at = now() + interval '1 hour' where token_id ="
                        + " 'tok_asking'")
                .update();
        assertThat(isActive(asked.reveal())).isTrue();

        var complete = instant("select written_until from state.use_recorder");
        clock.advance(RETIRING);
        uses.write();
        assertThat(instant("select accepted_at[1] from state.token_use where token_id = 'tok_asked'"))
                .isAfterOrEqualTo(complete);
    }

    @Test
    void what_is_no_value_at_all_counts_as_refused_as_any_other_that_is_not_good() throws Exception {
        for (var value :
                new String[] {"nonsense", "", TokenValue.generate("klt_").reveal()}) {
            assertThat(isActive(value)).isFalse();
        }
        assertThat(counted("accepted")).isEqualTo(3);
        assertThat(counted("refused")).isEqualTo(3);
    }

    private long counted(String outcome) {
        return meters.get("keyledger.token.authentications")
                .tag("outcome", outcome)
                .timer()
                .count();
    }
}
