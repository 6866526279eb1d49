package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.People.Issued;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Many leaked tokens are reported at once, and one of them cannot be revoked. */
class LeakReportTest {

    @Test
    void one_that_cannot_be_revoked_holds_up_no_other() {
        try (var nodes = Nodes.start(1)) {
            var node = nodes.node(0);
            var stuck = People.register(nodes.administrator(), node.client(), "stuck");
            var first = People.createToken(stuck.session(), "stuck");
            // Nothing about its account can be sealed, so nothing about it is recorded.
            nodes.jdbc()
                    .sql("delete from state.data_key where account_id = ?")
                    .param(stuck.accountId())
                    .update();
            var owner = People.register(nodes.administrator(), node.client(), "owner");
            var others = Stream.iterate(1, number -> number + 1)
                    .limit(8)
                    .map(number -> People.createToken(owner.session(), "leaked " + number))
                    .toList();

            var answer = node.client()
                    .post(
                            "/api/leaked-tokens",
                            Stream.concat(Stream.of(first), others.stream())
                                    .map(Issued::value)
                                    .collect(Collectors.joining("\",\"", "{\"tokens\":[\"", "\"]}")));

            assertThat(answer.status()).as("%s", answer).isEqualTo(500);
            assertThat(others)
                    .allSatisfy(other ->
                            assertThat(People.status(node, other.value())).isEqualTo(401));
        }
    }
}
