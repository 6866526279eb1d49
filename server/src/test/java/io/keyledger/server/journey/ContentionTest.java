package io.keyledger.server.journey;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.journey.People.Person;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many want the same thing at once, through two nodes: the rules hold all the same. */
@Timeout(300)
class ContentionTest {

    private static Nodes nodes;
    private static Client administrator;

    @BeforeAll
    static void start() {
        nodes = Nodes.start(2);
        administrator = nodes.administrator();
    }

    @AfterAll
    static void stop() {
        if (nodes != null) {
            nodes.close();
        }
    }

    private static Person register(String name) {
        return People.register(administrator, nodes.node(0).client(), name);
    }

    /**
     * Sends as many requests at the same moment, and gives back their answers. Whoever finds no connection to the database
     * within a second is told to try again, and does; all in all no more than four times as often as there are requests.
     */
    private static List<Answer> atOnce(int count, IntFunction<Answer> request) throws Exception {
        var barrier = new CyclicBarrier(count);
        var again = new AtomicInteger();
        var requests = new ArrayList<Callable<Answer>>();
        for (var i = 0; i < count; i++) {
            var number = i;
            requests.add(() -> {
                barrier.await();
                var answer = request.apply(number);
                while (answer.status() == 503 && again.incrementAndGet() <= 4 * count) {
                    answer = request.apply(number);
                }
                return answer;
            });
        }
        var answers = new ArrayList<Answer>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var answer : threads.invokeAll(requests)) {
                answers.add(answer.get());
            }
        }
        return answers;
    }

    private static Map<String, Long> outcomes(List<Answer> answers) {
        return answers.stream()
                .collect(groupingBy(
                        answer -> answer.status() < 300
                                ? Integer.toString(answer.status())
                                : answer.status() + " " + answer.code(),
                        counting()));
    }

    /** At most: who was told to try again may have succeeded the first time, and then lost against itself. */
    private static void assertOneSucceeded(List<Answer> answers, String success, String refusal) {
        long all = answers.size();
        assertThat(outcomes(answers)).isIn(Map.of(success, 1L, refusal, all - 1), Map.of(refusal, all));
    }

    /** In the log, where it shows what has happened whatever was answered. */
    private static long events(String condition, String value) {
        return nodes.jdbc()
                .sql("select count(*) from event.domain_event where " + condition)
                .param(value)
                .query(Long.class)
                .single();
    }

    @Test
    void of_two_hundred_creations_with_one_name_one_succeeds() throws Exception {
        var owner = register("creator");
        var answers = atOnce(
                200, i -> People.tryCreateToken(owner.session().at(nodes.turn(i)), i % 3 == 0 ? "deploy" : "DEPLOY"));

        assertOneSucceeded(answers, "201", "409 token_name_taken");
        assertThat(events(
                        "payload_type = 'token.created' and convert_from(payload, 'UTF8')::jsonb ->> 'accountId' = ?",
                        owner.accountId()))
                .isEqualTo(1);
    }

    @Test
    void of_many_renames_onto_one_name_one_succeeds_whatever_their_case() throws Exception {
        var owner = register("renamer").session();
        var tokens = new ArrayList<String>();
        for (var i = 0; i < 40; i++) {
            tokens.add(People.createToken(owner, "token " + i).id());
        }
        var names = List.of("Straße 1", "STRAßE 1", "straße 1", "  Straße 1 ");
        var answers = atOnce(
                40,
                i -> owner.at(nodes.turn(i))
                        .patch("/api/tokens/" + tokens.get(i), "{\"name\": \"%s\"}".formatted(names.get(i % 4))));

        assertThat(outcomes(answers)).isEqualTo(Map.of("200", 1L, "409 token_name_taken", 39L));
    }

    @Test
    void changes_that_did_not_ask_for_a_version_all_happen() throws Exception {
        var owner = register("changer").session();
        var token = People.createToken(owner, "changed by all");
        var answers = atOnce(
                50,
                i -> owner.at(nodes.turn(i))
                        .patch("/api/tokens/" + token.id(), "{\"description\": \"number %d\"}".formatted(i)));

        assertThat(outcomes(answers)).isEqualTo(Map.of("200", 50L));
        assertThat(answers.stream().map(answer -> answer.header("ETag"))).doesNotHaveDuplicates();
    }

    @Test
    void of_the_changes_that_asked_for_one_version_one_happens() throws Exception {
        var owner = register("careful").session();
        var token = People.createToken(owner, "changed by one");
        var answers = atOnce(
                50,
                i -> owner.at(nodes.turn(i))
                        .header("If-Match", token.created().header("ETag"))
                        .patch("/api/tokens/" + token.id(), "{\"description\": \"number %d\"}".formatted(i)));

        assertOneSucceeded(answers, "200", "412 version_mismatch");
        assertThat(events("sequence_number > 0 and aggregate_identifier = ?", token.id()))
                .isEqualTo(1);
    }

    @Test
    void of_many_registrations_with_one_address_one_succeeds() throws Exception {
        var before = events("payload_type = ?", "account.registered");
        var answers = atOnce(
                60,
                i -> administrator.at(nodes.turn(i)).post("/api/accounts", """
                    {"email": "%s", "displayName": "Twin"}\
                    """.formatted(
                                i % 2 == 0 ? "Twin@Example.org" : "twin@example.org")));

        assertOneSucceeded(answers, "201", "409 email_taken");
        assertThat(events("payload_type = ?", "account.registered") - before).isEqualTo(1);
    }

    @Test
    void of_two_administrators_who_take_each_others_rights_away_one_stays() throws Exception {
        // On a database of their own: here they are the only two.
        try (var pair = Nodes.start(2)) {
            var first = pair.administrator();
            var one = People.register(first, pair.node(0).client(), "one");
            var two = People.register(first, pair.node(0).client(), "two");
            for (var person : List.of(one, two)) {
                assertThat(first.patch("/api/accounts/" + person.accountId(), "{\"administrator\": true}")
                                .status())
                        .isEqualTo(200);
            }
            var firstId = first.get("/api/account").json().path("id").asString();
            assertThat(one.session()
                            .patch("/api/accounts/" + firstId, "{\"enabled\": false}")
                            .status())
                    .isEqualTo(200);

            for (var round = 0; round < 10; round++) {
                var change = round % 2 == 0 ? "enabled" : "administrator";
                var sessions = List.of(
                        People.signIn(pair.node(0).client(), one.email(), People.PASSWORD),
                        People.signIn(pair.node(1).client(), two.email(), People.PASSWORD));
                var targets = List.of(two, one);
                var answers = atOnce(
                        2,
                        i -> sessions.get(i)
                                .patch(
                                        "/api/accounts/" + targets.get(i).accountId(),
                                        "{\"%s\": false}".formatted(change)));

                assertThat(answers.stream().filter(answer -> answer.status() == 200))
                        .as("%s", answers)
                        .hasSize(1);
                assertThat(answers.stream().filter(answer -> answer.status() != 200))
                        .allSatisfy(refused -> assertThat(refused.status()).isIn(409, 401, 403));
                assertThat(pair.jdbc()
                                .sql("select count(*) from projection.account where administrator and enabled")
                                .query(Long.class)
                                .single())
                        .isEqualTo(1);
                var winner = answers.getFirst().status() == 200 ? 0 : 1;
                var restored = sessions.get(winner)
                        .patch("/api/accounts/" + targets.get(winner).accountId(), "{\"%s\": true}".formatted(change));
                assertThat(restored.status()).as("%s", restored).isEqualTo(200);
            }
        }
    }
}
