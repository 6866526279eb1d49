package io.keyledger.server.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import io.keyledger.server.TestDatabase;
import io.keyledger.server.journey.People;
import io.keyledger.server.journey.ToolProcess;
import io.keyledger.server.journey.ToolProcess.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * An auditor's day, without a developer: who widened a token's permissions, what was there the day before, the week as a
 * file that proves itself, one byte changed in the database and found, and every projection built anew while all goes on.
 */
@BrowserTest
@Timeout(300)
class AuditorsDayTest {

    private final ToolProcess tool = ToolProcess.onDatabase(TestDatabase.jdbcUrl(Site.database()));
    private final JdbcClient jdbc = JdbcClient.create(Site.database());

    @TempDir
    private Path files;

    @Test
    void an_auditor_finds_proves_and_rebuilds(Tab tab) throws Exception {
        var person = Site.person();
        var token = People.createToken(person.session(), "nightly build", "invoices:read");
        var dayBefore = token.created().header("Keyledger-Position");
        People.createToken(person.session(), "innocent", "invoices:read");
        var widened = person.session()
                .patch("/api/tokens/" + token.id(), "{\"permissions\": [\"invoices:read\", \"tokens:write\"]}");
        assertThat(widened.status()).isEqualTo(200);

        whoWidenedIt(tab.signInAsAdministrator(), person.email(), token.id());
        asOfTheDayBefore(tab, person.accountId(), dayBefore);
        var week = exportOfTheWeek(tab);
        verifyElsewhere(week);
        oneByteChanged(widened.header("Keyledger-Position"));
        rebuildEverythingUnderLoad(token.value());
    }

    private static void whoWidenedIt(Tab tab, String email, String tokenId) {
        var page = tab.open("/activity?type=token.permissions-changed&token=" + tokenId + "&account=" + email)
                .page();
        var entry =
                page.locator("main li, main tbody tr").filter(new Locator.FilterOptions().setHasText("nightly build"));
        assertThat(entry).hasCount(1);
        assertThat(entry).containsText("Somebody");
        assertThat(entry).containsText("tokens:write");
    }

    private static void asOfTheDayBefore(Tab tab, String accountId, String position) {
        var page =
                tab.open("/accounts/" + accountId + "/tokens?asOf=" + position).page();
        assertThat(page.getByText("As it was on")).isVisible();
        var row = page.locator("tbody tr").filter(new Locator.FilterOptions().setHasText("nightly build"));
        assertThat(row).containsText("invoices:read");
        assertThat(row).not().containsText("tokens:write");
        assertThat(row).containsText("Changed since");
    }

    private Path exportOfTheWeek(Tab tab) {
        var page = tab.open("/activity?from=" + LocalDate.now(ZoneOffset.UTC).minusDays(7))
                .page();
        var download = page.waitForDownload(
                () -> TokenSteps.link(page, "NDJSON, to verify").click());
        var file = files.resolve("week.ndjson");
        download.saveAs(file);
        return file;
    }

    /** On a machine that has neither the database nor the server. */
    private void verifyElsewhere(Path week) throws IOException {
        var key = Files.writeString(files.resolve("key"), get("/.well-known/keyledger/verifier-key"));
        var kept = Files.writeString(files.resolve("checkpoint"), get("/.well-known/keyledger/checkpoint"));
        var verified = ToolProcess.onDirectory(files.resolve("nothing"))
                .run(
                        "audit",
                        "verify",
                        "--export",
                        week.toString(),
                        "--key",
                        key.toString(),
                        "--checkpoint",
                        kept.toString());
        assertThat(verified.exitCode()).as("%s", verified).isZero();
    }

    private static String get(String path) {
        var answer = Site.anybody().get(path);
        assertThat(answer.status()).isEqualTo(200);
        return answer.response().body();
    }

    private void oneByteChanged(String position) {
        var eventId = jdbc.sql("select event_identifier from event.domain_event where global_index = ?")
                .param(Long.valueOf(position))
                .query(String.class)
                .single();
        assertThat(done(tool.run("audit", "verify")).exitCode()).isZero();
        flipABit(eventId);
        try {
            var found = tool.run("audit", "verify");
            assertThat(found.exitCode()).as("%s", found).isEqualTo(3);
            assertThat(found.out()).contains(eventId);
        } finally {
            flipABit(eventId);
        }
        assertThat(tool.run("audit", "verify").exitCode()).isZero();
    }

    /** As somebody who has the database in their hands: no trigger stands in their way. */
    private void flipABit(String eventId) {
        jdbc.sql("""
            begin;
            set local session_replication_role = replica;
            update event.domain_event set payload = set_byte(payload, 20, get_byte(payload, 20) # 1)
            where event_identifier = '%s';
            commit\
            """.formatted(eventId)).update();
    }

    private void rebuildEverythingUnderLoad(String tokenValue) throws InterruptedException, ExecutionException {
        var person = Site.person();
        var over = new AtomicBoolean();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var load = new ArrayList<Future<Integer>>();
            for (var i = 0; i < 4; i++) {
                load.add(threads.submit(() -> {
                    var asked = 0;
                    while (!over.get()) {
                        assertThat(Site.anybody()
                                        .token(tokenValue)
                                        .get("/api/authenticate")
                                        .status())
                                .isEqualTo(204);
                        asked++;
                    }
                    return asked;
                }));
            }
            load.add(threads.submit(() -> {
                var revoked = 0;
                while (!over.get()) {
                    var shortLived = People.createToken(person.session(), "short-lived " + revoked++);
                    assertThat(person.session()
                                    .delete("/api/tokens/" + shortLived.id())
                                    .status())
                            .isEqualTo(204);
                    assertThat(Site.anybody()
                                    .token(shortLived.value())
                                    .get("/api/authenticate")
                                    .status())
                            .isEqualTo(401);
                }
                return revoked;
            }));
            try {
                for (var projection : List.of("audit", "lookup", "token")) {
                    var rebuilt = done(tool.run("projection", "rebuild", projection));
                    assertThat(rebuilt.out()).contains("there was no difference");
                }
            } finally {
                over.set(true);
            }
            for (var thread : load) {
                assertThat(thread.get()).isPositive();
            }
        }
    }

    private static Result done(Result result) {
        assertThat(result.exitCode()).as("%s", result).isZero();
        return result;
    }
}
