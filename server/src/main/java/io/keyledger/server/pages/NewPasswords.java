package io.keyledger.server.pages;

import io.keyledger.command.account.Passwords;
import org.springframework.ui.Model;

/** What forms say about new passwords: {@code fields :: new-passwords}. */
final class NewPasswords {

    private NewPasswords() {}

    static void addRules(Model model) {
        model.addAttribute("minLength", Passwords.MIN_LENGTH);
        model.addAttribute("maxLength", Passwords.MAX_LENGTH);
    }
}
