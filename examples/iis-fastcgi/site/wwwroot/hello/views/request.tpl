% rebase("layout.tpl", title="Request")
    <h1>This request</h1>
    <p>As the app saw it. Try <a href="/request/any/path%20you%20like?and=a+query">another address</a>.</p>
    <table>
% for name, value in facts:
      <tr><th scope="row">{{name}}</th><td>{{value}}</td></tr>
% end
    </table>
