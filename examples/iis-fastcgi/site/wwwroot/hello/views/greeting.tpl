% rebase("layout.tpl", title="Hello")
    <h1>Hello, {{name or "world"}}</h1>
    <p>This page comes from a WSGI app behind FastCGI, as <code>web.config</code> says.</p>
    <form method="get" action="/">
      <label>Your name <input name="name" value="{{name}}" maxlength="{{name_limit}}" autocomplete="given-name"></label>
      <button>Greet me</button>
    </form>
