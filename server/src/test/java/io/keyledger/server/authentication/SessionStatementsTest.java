package io.keyledger.server.authentication;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.keyledger.server.TestDatabase;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.session.FindByIndexNameSessionRepository;
import org.springframework.session.Session;
import org.springframework.session.jdbc.JdbcIndexedSessionRepository;
import org.springframework.transaction.support.TransactionTemplate;

/** What is asked of Spring Session's tables in words of our own. */
class SessionStatementsTest {

    private static final String ACCOUNT = "acc_1";

    private final HikariDataSource database = TestDatabase.create();

    @AfterEach
    void stop() {
        database.close();
    }

    /** As a hash join gives them back, when an attribute came to the first session after the second began. */
    @Test
    void a_session_is_found_whole_in_whatever_order_its_rows_lie() {
        new JdbcTemplate(database).execute("""
            do $$ begin
              execute format('alter database %I set enable_nestloop = off', current_database());
              execute format('alter database %I set enable_mergejoin = off', current_database());
            end $$\
            """);
        database.getHikariPoolMXBean().softEvictConnections();
        FindByIndexNameSessionRepository<? extends Session> repository = repository();
        createTwenty(repository);

        assertThat(repository.findByPrincipalName(ACCOUNT).values())
                .hasSize(20)
                .allSatisfy(session ->
                        assertThat(session.getAttributeNames()).contains("epoch", "address", "browser", "later"));
    }

    /** The machine's clock is nine hours ahead: by that one a session is over when it begins. */
    @Test
    void a_session_ends_eight_hours_after_its_last_use_by_the_databases_clock() {
        var sql = JdbcClient.create(database);
        sql.sql("create schema shifted").update();
        sql.sql("create table shifted.shift (by interval)").update();
        sql.sql("insert into shifted.shift values ('-9 hours')").update();
        sql.sql("""
            create function shifted.now() returns timestamptz language sql stable
            as 'select pg_catalog.now() + by from shifted.shift'\
            """).update();
        sql.sql("""
            do $$ begin
              execute format('alter database %I set search_path = shifted, pg_catalog', current_database());
            end $$\
            """).update();
        database.getHikariPoolMXBean().softEvictConnections();
        var repository = repository();
        FindByIndexNameSessionRepository<? extends Session> sessions = repository;
        assertEnds(sessions, repository::cleanUpExpiredSessions, sql);
    }

    private static <S extends Session> void assertEnds(
            FindByIndexNameSessionRepository<S> repository, Runnable cleanUp, JdbcClient sql) {
        var session = repository.createSession();
        session.setAttribute(FindByIndexNameSessionRepository.PRINCIPAL_NAME_INDEX_NAME, ACCOUNT);
        repository.save(session);

        later(sql, "7 hours 59 minutes");
        cleanUp.run();
        assertThat(repository.findByPrincipalName(ACCOUNT)).hasSize(1);
        var used = repository.findById(session.getId());
        used.setLastAccessedTime(Instant.now());
        repository.save(used);

        later(sql, "7 hours 59 minutes");
        cleanUp.run();
        assertThat(repository.findById(session.getId())).isNotNull();

        later(sql, "2 minutes");
        assertThat(repository.findById(session.getId())).isNull();
        assertThat(repository.findByPrincipalName(ACCOUNT)).isEmpty();
        cleanUp.run();
        assertThat(sql.sql("select count(*) from state.spring_session")
                        .query(Integer.class)
                        .single())
                .isZero();
    }

    private static void later(JdbcClient sql, String by) {
        sql.sql("update shifted.shift set by = by + cast(? as interval)")
                .param(by)
                .update();
    }

    private JdbcIndexedSessionRepository repository() {
        var repository = new JdbcIndexedSessionRepository(
                new JdbcTemplate(database), new TransactionTemplate(new JdbcTransactionManager(database)));
        repository.setTableName("state.spring_session");
        var configuration = new SecurityConfiguration();
        repository.setConversionService(configuration.springSessionConversionService());
        configuration.sessionStatements().customize(repository);
        return repository;
    }

    private static <S extends Session> void createTwenty(FindByIndexNameSessionRepository<S> repository) {
        var sessions = Stream.generate(repository::createSession).limit(20).toList();
        for (var session : sessions) {
            session.setAttribute(FindByIndexNameSessionRepository.PRINCIPAL_NAME_INDEX_NAME, ACCOUNT);
            session.setAttribute("epoch", "1");
            session.setAttribute("address", "an address");
            session.setAttribute("browser", "a browser");
            repository.save(session);
        }
        for (var session : sessions) {
            session.setAttribute("later", "1");
            repository.save(session);
        }
    }
}
