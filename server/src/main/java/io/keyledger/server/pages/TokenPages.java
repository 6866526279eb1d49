package io.keyledger.server.pages;

import io.keyledger.api.authentication.Caller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;

/** One's tokens. */
@Page
class TokenPages {

    @GetMapping("/settings/tokens")
    String list(Caller caller, Model model) {
        caller.requirePerson();
        return "tokens/list";
    }
}
