<?php

declare(strict_types=1);

namespace Suggestions;

use PDO;

/** What people suggest, and how many want it. */
final class Box
{
    private const LONGEST = 200;

    public function __construct(private readonly PDO $database)
    {
    }

    public function add(string $text): void
    {
        $text = mb_substr(trim($text), 0, self::LONGEST);
        if ($text !== '') {
            $this->database->prepare('INSERT INTO suggestions (text) VALUES (?)')->execute([$text]);
        }
    }

    public function vote(int $id): void
    {
        $this->database->prepare('UPDATE suggestions SET votes = votes + 1 WHERE id = ?')->execute([$id]);
    }

    /** @return list<array{id: int, text: string, votes: int, made_at: string}> */
    public function all(): array
    {
        return $this->database
            ->query('SELECT id, text, votes, made_at FROM suggestions ORDER BY votes DESC, id DESC LIMIT 100')
            ->fetchAll();
    }
}
