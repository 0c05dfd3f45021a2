<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Suggestion box</title>
  <link rel="stylesheet" href="/style.css">
</head>
<body>
  <h1>Suggestion box</h1>
<?php if (http_response_code() === 404): ?>
  <p>There is no such page. <a href="/">All suggestions</a></p>
<?php else: ?>
  <form action="/suggestions" method="post">
    <input type="hidden" name="token" value="<?= $_SESSION['token'] ?>">
    <input name="text" maxlength="200" placeholder="What would be better?" required>
    <button>Suggest</button>
  </form>
  <ol>
<?php foreach ($suggestions as $suggestion): ?>
    <li>
      <?= htmlspecialchars($suggestion['text']) ?> <small><?= $suggestion['votes'] ?> votes</small>
      <form action="/suggestions/<?= $suggestion['id'] ?>/vote" method="post">
        <input type="hidden" name="token" value="<?= $_SESSION['token'] ?>">
        <button>+1</button>
      </form>
    </li>
<?php endforeach ?>
  </ol>
<?php endif ?>
</body>
</html>
