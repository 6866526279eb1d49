// What the pages do better with scripts; all of them work without. Texts come from the server, in data attributes.
(() => {
  'use strict';

  const texts = document.getElementById('keyledger-script').dataset;
  const dialog = document.getElementById('dialog');
  const notice = document.getElementById('notice');
  let opener = null;

  // Times are written by the server in the reader's zone, which it knows from this cookie.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const known = document.cookie.split('; ').find((cookie) => cookie.startsWith('keyledger_time_zone='));
  if (zone && known !== `keyledger_time_zone=${zone}`) {
    document.cookie = `keyledger_time_zone=${zone}; path=/; max-age=31536000; samesite=lax`;
    // Not a page that was posted: nothing typed may be lost.
    if (document.querySelector('time, [data-zone]') && !document.querySelector('[data-once], .is-invalid')
        && document.cookie.includes(zone)) {
      location.reload();
    }
  }

  const say = (text, kind) => {
    if (!notice) {
      return;
    }
    const alert = document.createElement('div');
    alert.className = `alert alert-${kind}`;
    alert.textContent = text;
    notice.replaceChildren(alert);
    notice.scrollIntoView({ block: 'nearest' });
  };

  const enhance = (root) => {
    root.querySelectorAll('.menu').forEach((menu) => {
      menu.querySelector('summary').setAttribute('aria-haspopup', 'menu');
      menu.querySelector('.menu-list').setAttribute('role', 'menu');
      menu.querySelectorAll('li').forEach((item) => item.setAttribute('role', 'none'));
      menu.querySelectorAll('.menu-item').forEach((item) => item.setAttribute('role', 'menuitem'));
    });
  };

  document.addEventListener('click', (event) => {
    const show = event.target.closest('[data-password-show]');
    if (show) {
      const input = document.getElementById(show.getAttribute('aria-controls'));
      const shown = input.type === 'password';
      input.type = shown ? 'text' : 'password';
      show.setAttribute('aria-pressed', String(shown));
      show.textContent = shown ? texts.hide : texts.show;
    }

    const copy = event.target.closest('[data-copy]');
    if (copy) {
      const source = document.getElementById(copy.dataset.copy);
      const said = document.getElementById(copy.getAttribute('aria-describedby'));
      navigator.clipboard.writeText(source.value ?? source.textContent).then(
        () => { said.textContent = texts.copied; },
        () => {
          // Select it, so that the keyboard's copy works.
          getSelection().selectAllChildren(source);
          said.textContent = texts.copyFailed;
        },
      );
    }

    // Closes a dialog without leaving the page that it stands on.
    if (event.target.closest('[data-close]') && dialog.open) {
      event.preventDefault();
      dialog.close();
    }

    document.querySelectorAll('.menu[open]').forEach((menu) => {
      if (!menu.contains(event.target) || event.target.closest('.menu-item')) {
        menu.open = false;
      }
    });
  });

  // Menus: arrow keys move, Escape closes and gives the focus back.
  document.addEventListener('keydown', (event) => {
    const menu = event.target.closest?.('.menu');
    if (!menu) {
      return;
    }
    const items = [...menu.querySelectorAll('.menu-item')];
    const at = items.indexOf(document.activeElement);
    const focus = (index) => {
      menu.open = true;
      items[(index + items.length) % items.length].focus();
      event.preventDefault();
    };
    switch (event.key) {
      case 'ArrowDown': focus(at + 1); break;
      case 'ArrowUp': focus(at < 0 ? items.length - 1 : at - 1); break;
      case 'Home': if (menu.open) { focus(0); } break;
      case 'End': if (menu.open) { focus(items.length - 1); } break;
      case 'Escape':
        if (menu.open) {
          menu.open = false;
          menu.querySelector('summary').focus();
          event.preventDefault();
        }
        break;
      case 'Tab': menu.open = false; break;
      default: break;
    }
  });

  // Dialogs: what htmx puts into the one dialog is shown; closing it gives the focus back to what opened it.
  document.addEventListener('htmx:beforeRequest', (event) => {
    if (event.detail.target === dialog && !dialog.open) {
      opener = event.detail.elt.closest('.menu')?.querySelector('summary') ?? event.detail.elt;
    }
  });

  document.addEventListener('htmx:afterSwap', (event) => {
    // Not the target: it may be what was replaced.
    enhance(document);
    if (event.detail.target === dialog && !dialog.open) {
      dialog.showModal();
    }
  });

  // Only now do fields have their new classes: until they settle, htmx gives them those of the fields they replace.
  document.addEventListener('htmx:afterSettle', (event) => {
    if (event.detail.target === dialog && dialog.open) {
      (dialog.querySelector('.is-invalid') ?? dialog.querySelector('[role=alert]') ?? dialog.querySelector('[autofocus]'))?.focus();
    }
  });

  dialog?.addEventListener('close', () => {
    dialog.replaceChildren();
    focusOpener();
  });

  const focusOpener = () => {
    const back = opener && (opener.isConnected ? opener : document.getElementById(opener.id));
    (back ?? document.getElementById('list-heading'))?.focus();
  };

  // The server says that something was changed: the dialog closes, the list is read again where it stands, and when it
  // is there, the focus goes back.
  let refocus = false;
  document.addEventListener('changed', (event) => {
    if (dialog?.open) {
      dialog.close();
    }
    say(event.detail.notice, 'success');
    if (document.getElementById('list')) {
      refocus = true;
      window.htmx.ajax('GET', location.pathname + location.search, { target: '#list', select: '#list', swap: 'outerHTML' });
    } else {
      location.reload();
    }
  });

  document.addEventListener('htmx:afterSettle', (event) => {
    // Not the dialog's, which may settle after a quick answer.
    if (refocus && event.target.id === 'list') {
      refocus = false;
      focusOpener();
    }
  });

  // What failed is said where one is: in the dialog, which keeps what was typed, or above the page.
  const fail = (text) => {
    const form = dialog?.open && dialog.querySelector('form');
    if (!form) {
      say(text, 'danger');
      return;
    }
    const alert = form.querySelector('[data-failure]') ?? document.createElement('div');
    alert.dataset.failure = '';
    alert.className = 'alert alert-danger';
    alert.setAttribute('role', 'alert');
    alert.textContent = text;
    form.prepend(alert);
    alert.scrollIntoView({ block: 'nearest' });
  };

  // The page of a problem is no form: it does not take the place of one.
  const problemIn = (xhr) => new DOMParser().parseFromString(xhr.responseText, 'text/html')
    .querySelector('[data-problem]')?.textContent;

  document.addEventListener('htmx:beforeSwap', (event) => {
    if (event.detail.xhr.status >= 400 && problemIn(event.detail.xhr)) {
      event.detail.shouldSwap = false;
      event.detail.isError = true;
    }
  });

  ['htmx:responseError', 'htmx:sendError', 'htmx:timeout'].forEach((failure) => {
    document.addEventListener(failure, (event) => fail(problemIn(event.detail.xhr) ?? texts.failed));
  });

  // A form that is on its way is not sent again by a second click: its answer would be missed.
  const sent = new WeakMap();
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== 'post') {
      return;
    }
    if (performance.now() - (sent.get(form) ?? -Infinity) < 10_000) {
      event.preventDefault();
    } else {
      sent.set(form, performance.now());
    }
  });
  addEventListener('pageshow', () => document.querySelectorAll('form').forEach((form) => sent.delete(form)));

  // A value that is shown once: reloading or coming back shows the token's page, and no copy of this one is kept.
  const once = document.querySelector('[data-once]');
  if (once) {
    history.replaceState(null, '', once.dataset.once);
    addEventListener('pagehide', () => once.replaceChildren());
  }

  // The secret of a link stands behind the #, which is never sent: it moves into the form, and out of the address.
  const secret = document.querySelector('[data-secret-from-address]');
  if (secret && location.hash.length > 1) {
    secret.value = location.hash.substring(1);
    history.replaceState(null, '', location.pathname + location.search);
    secret.closest('[data-secret-field]').hidden = true;
  }

  // A new password: how far it is, by the rule of its length alone, counted as the server counts (code points after
  // NFKC). Whether it is a common one, only the server knows. Read aloud once the typing pauses.
  const hint = (element, text, good) => {
    const shown = element.querySelector('[data-hint]');
    if (!shown.hidden && shown.textContent === text) {
      return;
    }
    shown.hidden = text === '';
    shown.textContent = text;
    shown.classList.toggle('hint-good', good);
    clearTimeout(element.saying);
    element.saying = setTimeout(() => { element.querySelector('[data-said]').textContent = text; }, 1000);
  };
  const newPassword = document.querySelector('[data-new-password]');
  const confirms = document.querySelector('[data-confirms]');
  if (newPassword && confirms) {
    const password = document.getElementById(newPassword.dataset.newPassword);
    const confirmation = document.getElementById(confirms.dataset.confirms);
    const rules = newPassword.dataset;
    const update = () => {
      const length = [...password.value.normalize('NFKC')].length;
      const missing = rules.min - length;
      const excess = length - rules.max;
      if (length === 0) {
        hint(newPassword, '', false);
      } else if (missing > 0) {
        hint(newPassword, missing === 1 ? rules.oneMore : rules.more.replace('#', missing), false);
      } else if (excess > 0) {
        hint(newPassword, rules.tooMany.replace('#', excess), false);
      } else {
        hint(newPassword, rules.enough, true);
      }
      const same = password.value === confirmation.value;
      hint(confirms, confirmation.value === '' ? '' : same ? confirms.dataset.matches : confirms.dataset.differs, same);
    };
    password.addEventListener('input', update);
    confirmation.addEventListener('input', update);
    update();
  }

  enhance(document);
  document.querySelector('main .is-invalid')?.focus();
})();
