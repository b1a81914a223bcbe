<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{{title}}</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="/static/hello.css">
</head>
<body>
  <nav><a href="/">Hello</a> <a href="/request">Request</a></nav>
  <main>
{{!base}}
  </main>
</body>
</html>
