export default function handler(req, res) { res.json({ hello: 1 }); }
