package io.keyledger.command.account;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.api.account.RecordFailedSignIn;
import io.keyledger.api.account.RecordSignIn;
import io.keyledger.api.account.RecordSignOut;
import io.keyledger.api.account.SignInFailed;
import io.keyledger.api.account.SignInMethod;
import io.keyledger.api.account.SignedIn;
import io.keyledger.api.account.SignedOut;
import java.util.ArrayList;
import java.util.List;
import org.axonframework.commandhandling.AnnotationCommandHandlerAdapter;
import org.axonframework.commandhandling.SimpleCommandBus;
import org.axonframework.commandhandling.gateway.CommandGateway;
import org.axonframework.commandhandling.gateway.DefaultCommandGateway;
import org.axonframework.eventhandling.DomainEventMessage;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.eventhandling.SimpleEventBus;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SignInsTest {

    private final List<EventMessage<?>> published = new ArrayList<>();
    private final SimpleCommandBus commandBus = SimpleCommandBus.builder().build();
    private final CommandGateway commands =
            DefaultCommandGateway.builder().commandBus(commandBus).build();

    @BeforeEach
    void wire() {
        var eventBus = SimpleEventBus.builder().build();
        eventBus.subscribe(published::addAll);
        new AnnotationCommandHandlerAdapter<>(new SignIns(eventBus)).subscribe(commandBus);
    }

    @Test
    void sign_ins_and_sign_outs_are_recorded() {
        commands.sendAndWait(new RecordSignIn("acc_ada", SignInMethod.SESSION, "ses_1"));
        commands.sendAndWait(new RecordFailedSignIn("acc_ada", SignInMethod.BASIC));
        commands.sendAndWait(new RecordSignOut("acc_ada", "ses_1"));

        assertThat(published)
                .<Object>extracting(EventMessage::getPayload)
                .containsExactly(
                        new SignedIn("acc_ada", SignInMethod.SESSION, "ses_1"),
                        new SignInFailed("acc_ada", SignInMethod.BASIC),
                        new SignedOut("acc_ada", "ses_1"));
    }

    @Test
    void they_do_not_lengthen_the_accounts_own_stream() {
        commands.sendAndWait(new RecordSignIn("acc_ada", SignInMethod.SESSION, "ses_1"));

        assertThat(published).singleElement().isNotInstanceOf(DomainEventMessage.class);
    }
}
